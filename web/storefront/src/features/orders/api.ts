import { publicOrderEndpoints } from '@kakilima/contracts/gateway/order-endpoints'
import type { Order } from '@kakilima/contracts/order/order'
import type { Payment, PaymentMethod } from '@kakilima/contracts/payment'
import type { ShopPaymentMethod } from '@kakilima/contracts/payment-methods'
import { call } from '@kakilima/ui/call'
import { ask, ProblemError } from '@kakilima/ui/http'

export const ordersPage = 20

export async function listOrders(before: number | undefined): Promise<Order[]> {
  return (await call(publicOrderEndpoints.listOrders, { query: { limit: ordersPage, before } })).rows
}

/** The order, or undefined where it is none of the caller's. */
export async function findOrder(id: number): Promise<Order | undefined> {
  try {
    return await call(publicOrderEndpoints.findOrder, { params: { id } })
  } catch (error) {
    if (error instanceof ProblemError && (error.status === 404 || error.status === 401)) return undefined
    throw error
  }
}

/** Places an order. The same key asks for the same order, however often. Returns its id. */
export async function placeOrder(items: { product_id: number; quantity: number }[], key: string): Promise<number> {
  const { order_id: id } = await call(publicOrderEndpoints.placeOrder, {
    body: { items },
    headers: { 'idempotency-key': key },
  })
  return id
}

/** Begins to pay, or returns the payment of this method that is open already. */
export async function openPayment(orderId: number, method: PaymentMethod): Promise<Payment> {
  return ask(`/api/v1/orders/${orderId}/payments`, { method: 'POST', body: { payment_method: method } })
}

/** How one can pay in this shop now, in the order in which the shop names them. */
export async function listPaymentMethods(): Promise<ShopPaymentMethod[]> {
  const methods = await ask<ShopPaymentMethod[]>('/api/v1/payment-methods')
  return methods.filter((method) => method.is_offered)
}

export async function confirmPayment(paymentId: number): Promise<Payment> {
  return ask(`/api/v1/payments/${paymentId}/confirm`, { method: 'POST' })
}

export async function cancelOrder(orderId: number): Promise<Order> {
  return call(publicOrderEndpoints.cancelOrder, { params: { id: orderId } })
}
