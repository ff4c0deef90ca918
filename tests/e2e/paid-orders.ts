import { type Caller, waitFor } from '@kakilima/testkit/call'
import { expect } from 'vitest'
import { bearer, type Signed } from './people.ts'

const atOnce = 10

/** A customer without an account, with a name and number of his or her own. */
export async function newBuyer(api: Caller, name: string, phone: string): Promise<Signed> {
  const { status, body } = await api.post('gateway', '/api/v1/auth/guest', { name, phone })
  expect(status, JSON.stringify(body)).toBe(201)
  return bearer(body.token)
}

/** Places an order and waits until its stock is set aside. Returns its number. */
export async function newOrder(api: Caller, buyer: Signed, productId: number, quantity = 1): Promise<number> {
  const items = [{ product_id: productId, quantity }]
  const { status, body } = await api.post('gateway', '/api/v1/orders', { items }, buyer)
  expect(status, JSON.stringify(body)).toBe(202)
  await waitFor(
    () => api.get('gateway', `/api/v1/orders/${body.order_id}`, buyer),
    (answer) => answer.body.status === 'awaiting_payment',
  )
  return body.order_id
}

export async function payOrder(api: Caller, buyer: Signed, orderId: number, method = 'QRIS'): Promise<void> {
  const opened = await api.post('gateway', `/api/v1/orders/${orderId}/payments`, { payment_method: method }, buyer)
  expect(opened.status, JSON.stringify(opened.body)).toBe(201)
  const paid = await api.post('gateway', `/api/v1/payments/${opened.body.id}/confirm`, undefined, buyer)
  expect(paid.status, JSON.stringify(paid.body)).toBe(200)
}

/** Paid orders of one unit each. Returns their numbers, the lowest first. */
export async function newPaidOrders(api: Caller, buyer: Signed, productId: number, count: number): Promise<number[]> {
  const ids: number[] = []
  while (ids.length < count) {
    const some = Array.from({ length: Math.min(atOnce, count - ids.length) }, async () => {
      const id = await newOrder(api, buyer, productId)
      await payOrder(api, buyer, id)
      return id
    })
    ids.push(...(await Promise.all(some)))
  }
  return ids.toSorted((a, b) => a - b)
}
