import type { Customer } from '@kakilima/contracts/user'
import { queryOf, read, write } from '../../desk-api.ts'

const pageSize = 100

/** The address of the newest customers, or of those that fit what is searched for. */
export function customersPath(search: string): string {
  return `/customers${queryOf({ sort: 'newest', search, limit: pageSize })}`
}

export function readCustomer(id: number, signal: AbortSignal): Promise<Customer> {
  return read(`/customers/${id}`, { signal })
}

export function banCustomer(id: number): Promise<unknown> {
  return write('PUT', `/customers/${id}/ban`)
}

export function unbanCustomer(id: number): Promise<unknown> {
  return write('DELETE', `/customers/${id}/ban`)
}
