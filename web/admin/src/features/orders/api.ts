import { publicOrderEndpoints } from '@kakilima/contracts/gateway/order-endpoints'
import type { Confirmations, ShopOrder } from '@kakilima/contracts/order/desk'
import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import type { Product } from '@kakilima/contracts/inventory'
import type { Payment, PaymentMethod } from '@kakilima/contracts/payment'
import type { ShopPaymentMethod } from '@kakilima/contracts/payment-methods'
import type { User } from '@kakilima/contracts/user'
import { ProblemError } from '@kakilima/ui/http'
import { call, read, write } from '../../desk-api.ts'

/** How many orders the API confirms with one call. */
export const mostAtOnce = 100
const mostIds = 1000
// One statement for a hundred orders and one call to inventory, and the shop may be busy.
const confirmPatienceMs = 60_000

export const readSummary = () => call(orderEndpoints.countWork)

/** The order, or undefined where there is none. */
export async function findOrder(id: number): Promise<ShopOrder | undefined> {
  try {
    return await call(publicOrderEndpoints.findOrder, { params: { id } })
  } catch (error) {
    if (error instanceof ProblemError && error.status === 404) return undefined
    throw error
  }
}

export const readPayments = (orderId: number) => read<Payment[]>(`/payments?order_id=${orderId}&limit=100`)
export const readTimeline = (orderId: number) => call(orderEndpoints.readTimeline, { params: { id: orderId } })

/** Confirms up to a hundred orders and returns what became of each. */
export async function confirmOrders(ids: number[]): Promise<Confirmations['results']> {
  const body = { order_ids: ids }
  const { results } = await call(orderEndpoints.confirmOrders, { body, timeoutMs: confirmPatienceMs })
  return results
}

export const cancelOrder = (id: number) => call(publicOrderEndpoints.cancelOrder, { params: { id } })

/** Notes money that staff received: opens a payment of this method, or finds the one that is open, and completes it. */
export async function takePayment(orderId: number, method: PaymentMethod): Promise<Payment> {
  const { id } = await write<Payment>('POST', `/orders/${orderId}/payments`, { payment_method: method })
  return write<Payment>('POST', `/payments/${id}/confirm`)
}

/** The methods that staff may say were paid by. */
export async function readStaffMethods(): Promise<PaymentMethod[]> {
  const methods = await read<ShopPaymentMethod[]>('/payment-methods')
  return methods.filter((method) => method.confirmed_by.includes('staff')).map((method) => method.payment_method)
}

export const markRefunded = (paymentId: number, reference: string) =>
  write<Payment>('POST', `/payments/${paymentId}/refund`, { reference })

export const addNote = (orderId: number, text: string) =>
  call(orderEndpoints.addOrderNote, { params: { id: orderId }, body: { text } })

export const readParked = () => call(orderEndpoints.listParkedOrders)
export const replayParked = (id: number) => call(orderEndpoints.replayParkedOrder, { params: { id } })
export const rejectParked = (id: number) => call(orderEndpoints.rejectParkedOrder, { params: { id } })

/** Products of any status by their ids, for names and stock. Those that were deleted are missing. */
export async function readProducts(ids: number[]): Promise<Map<number, Product>> {
  return new Map((await readMany<Product>('/desk/products', ids, 500)).map((product) => [product.id, product]))
}

export async function readCustomers(ids: number[]): Promise<Map<number, User>> {
  return new Map((await readMany<User>('/customers', ids, mostIds)).map((user) => [user.id, user]))
}

async function readMany<Row>(path: string, ids: number[], perCall: number): Promise<Row[]> {
  const rows: Row[] = []
  for (let from = 0; from < ids.length; from += perCall) {
    const some = ids.slice(from, from + perCall)
    rows.push(...(await read<Row[]>(`${path}?ids=${some.join(',')}&limit=${perCall}`)))
  }
  return rows
}
