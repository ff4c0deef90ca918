import type { OrderClient } from '@kakilima/contracts/order/endpoints'
import type { Order, OrderStatus } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'

type FakeOrder = Pick<Order, 'id' | 'status' | 'expires_at' | 'paid_by_payment_id' | 'total_price' | 'user_id'> & {
  /** Still awaiting payment, and past its deadline: its sweeper hasn't come by yet. */
  isLate: boolean
}

export type FakeOrders = Pick<OrderClient, 'findOrder' | 'choosePaymentMethod' | 'payOrder'> & {
  orders: Map<number, FakeOrder>
  /** Adds an order of 5,000 rupiah that awaits its payment. */
  add: (id: number, change?: Partial<FakeOrder>) => FakeOrder
  refuse: () => void
}

const paid: OrderStatus[] = ['paid', 'confirming', 'confirmed']

/** An order service that is the arbiter as the real one is: one payment pays an order, and only while it is payable. */
export function fakeOrders(): FakeOrders {
  const orders = new Map<number, FakeOrder>()

  function find(id: number): FakeOrder {
    fake.refuse()
    const order = orders.get(id)
    if (order === undefined) throw problem('order-not-found', 'Order not found')
    return order
  }

  const fake: FakeOrders = {
    orders,
    refuse: () => undefined,
    add(id, change = {}) {
      const order: FakeOrder = {
        id,
        status: 'awaiting_payment',
        expires_at: '2030-01-01T00:00:00.000Z',
        paid_by_payment_id: null,
        total_price: 5000,
        user_id: 7,
        isLate: false,
        ...change,
      }
      orders.set(id, order)
      return order
    },
    findOrder: async ({ params }) => present(find(params.id)),
    async choosePaymentMethod({ params }) {
      const order = find(params.id)
      if (paid.includes(order.status)) throw problem('payment-exists', 'Payment for this order already exists')
      if (order.isLate || order.status === 'expired') throw problem('payment-expired', 'Payment expired')
      if (order.status !== 'awaiting_payment') {
        throw problem('order-state', `The order is ${order.status} and cannot be paid`)
      }
      return present(order)
    },
    async payOrder({ params, body }) {
      const order = find(params.id)
      if (order.status === 'awaiting_payment' && !order.isLate) {
        order.status = 'paid'
        order.paid_by_payment_id = body.payment_id
      }
      return {
        order_id: order.id,
        status: order.status,
        paid_by_payment_id: order.paid_by_payment_id,
        deadline_passed: order.status === 'awaiting_payment',
      }
    },
  }
  return fake
}

function present({ isLate: _, ...order }: FakeOrder): Order {
  return {
    ...order,
    product_id: 1,
    quantity: 1,
    payment_status: paid.includes(order.status),
    confirmed: order.status === 'confirmed',
    payment_method: null,
    paid_at: null,
    confirmed_at: null,
    ended_at: null,
    reason: null,
    shortages: [],
    version: 1,
    created_at: '2026-11-22T08:00:00.000Z',
    updated_at: '2026-11-22T08:00:00.000Z',
    lines: [{ product_id: 1, name: 'Product 1', unit_price: order.total_price, quantity: 1 }],
  }
}
