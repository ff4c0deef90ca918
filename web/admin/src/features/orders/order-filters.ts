import type { OrderFilters } from '@kakilima/contracts/order/desk'
import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import type { OrderStatus } from '@kakilima/contracts/order/order'
import { type PaymentMethod, paymentMethods } from '@kakilima/contracts/payment'
import { linkTo } from '@kakilima/ui/call'
import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import { dayAfter, startOfDay } from './shop-days.ts'

/** Which orders a tab of the desk shows, by what `tab` in the address says. Those to be confirmed come first come, first served. */
export const tabs = [
  { name: 'toConfirm', word: 'perlu', statuses: ['paid', 'confirming'], sort: 'oldest' },
  { name: 'awaiting', word: 'menunggu', statuses: ['awaiting_payment'], sort: 'newest' },
  { name: 'history', word: 'riwayat', statuses: ['confirmed'], sort: 'newest' },
  { name: 'ended', word: 'batal', statuses: ['canceled', 'expired', 'rejected'], sort: 'newest' },
  { name: 'all', word: 'semua', statuses: [], sort: 'newest' },
] as const satisfies { name: string; word: string; statuses: OrderStatus[]; sort: 'oldest' | 'newest' }[]
export type Tab = (typeof tabs)[number]
export type TabName = Tab['name'] | 'parked'
const parkedWord = 'tertunda'

export type Filters = {
  tab: TabName
  search: string
  method: PaymentMethod | ''
  /** Days of the shop, such as `2026-11-27`; the last one counts too. */
  from: string
  to: string
  userId: number | undefined
}

/** What the address says is to be shown. Whatever does not fit there is left out. */
export function readFilters(query: LocationQuery): Filters {
  const tab = textOf(query.tab)
  return {
    tab: tab === parkedWord ? 'parked' : (tabs.find(({ word }) => word === tab)?.name ?? 'toConfirm'),
    search: textOf(query.cari).slice(0, 200),
    method: paymentMethods.find((method) => method === query.cara) ?? '',
    from: dayOf(query.dari),
    to: dayOf(query.sampai),
    userId: /^[1-9]\d{0,15}$/.test(textOf(query.pembeli)) ? Number(query.pembeli) : undefined,
  }
}

export function writeFilters({ tab, search, method, from, to, userId }: Filters): LocationQueryRaw {
  const word = tab === 'parked' ? parkedWord : tabs.find(({ name }) => name === tab)?.word
  return {
    tab: tab === 'toConfirm' ? undefined : word,
    cari: search || undefined,
    cara: method || undefined,
    dari: from || undefined,
    sampai: to || undefined,
    pembeli: userId,
  }
}

export function isFiltered({ search, method, from, to, userId }: Filters): boolean {
  return search !== '' || method !== '' || from !== '' || to !== '' || userId !== undefined
}

export type OrderParameters = { [Name in keyof OrderFilters]: OrderFilters[Name] | undefined }

/** The filters as the API takes them. */
export function parametersOf(filters: Filters, timeZone: string): OrderParameters {
  const { search, method, from, to, userId } = filters
  const statuses: readonly OrderStatus[] = tabs.find(({ name }) => name === filters.tab)?.statuses ?? []
  return {
    status: statuses.join(',') || undefined,
    search: search || undefined,
    payment_method: method || undefined,
    placed_from: from === '' ? undefined : startOfDay(from, timeZone),
    placed_to: to === '' ? undefined : startOfDay(dayAfter(to), timeZone),
    user_id: userId,
  }
}

/** Where the orders that fit can be had as a table. */
export function exportAddress(filters: Filters, timeZone: string): string {
  return linkTo(orderEndpoints.exportOrders, { query: parametersOf(filters, timeZone) })
}

function textOf(value: LocationQuery[string] | undefined): string {
  return typeof value === 'string' ? value : ''
}

function dayOf(value: LocationQuery[string] | undefined): string {
  const text = textOf(value)
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text)) ? text : ''
}
