import type { RejectionReason } from '@kakilima/contracts/inventory'
import { reasonOf, shortagesOf, wasPaid, type Words } from './words.ts'

const reasons: Record<RejectionReason, string> = {
  'insufficient-stock': 'Sorry, there is not enough left for your order.',
  'product-not-found': 'Sorry, one of the products in your order is not sold any more.',
  'total-too-large': 'Sorry, this is too much for one order.',
  'rejected-by-staff': 'Sorry, the shop cannot fulfill your order.',
}

export const english: Words = {
  greeting: (name) => (name === null ? 'Hello,' : `Hello ${name},`),
  product: (id) => `Product #${id}`,
  order: (id) => `Order #${id}`,
  each: (price) => `at ${price}`,
  total: 'Total',
  seeOrder: 'See the order',
  regards: 'Kind regards,',
  whyThis: (shop) =>
    `This message was sent by itself, because of an order at ${shop} that was placed with this e-mail address.`,
  stories: {
    'order.rejected': (order) => ({
      subject: `Order #${order.id} cannot be fulfilled`,
      title: 'The order cannot be fulfilled',
      points: shortagesOf(
        order,
        (name, { product_id, requested, available }) =>
          `${name ?? `Product #${product_id}`}: you asked for ${requested}, there are ${available}`,
      ),
      sentences: [
        reasons[reasonOf(order)],
        'Nothing has been paid and nothing is charged. Change your cart and order again.',
      ],
    }),
    'order.paid': (order) => ({
      subject: `Order #${order.id} is paid`,
      title: 'Thank you, it is paid!',
      sentences: [
        'We have your payment, and your items are set aside for you.',
        'The shop will confirm this order, and then we write again. You need not do anything.',
      ],
    }),
    'order.confirmed': (order) => ({
      subject: `Order #${order.id} is confirmed`,
      title: 'The order is confirmed',
      sentences: [
        'The shop has confirmed your order, and your items are being prepared.',
        'Thank you for shopping with us!',
      ],
    }),
    'order.expired': (order) => ({
      subject: `Order #${order.id}: the time to pay is up`,
      title: 'The time to pay is up',
      sentences: [
        'This order was not paid in time. Your items went back on the shelf and nothing is charged.',
        'You can order again whenever you like. Paid already? Money that comes late is always given back.',
      ],
    }),
    'order.canceled': (order) => ({
      subject: `Order #${order.id} was canceled`,
      title: 'The order was canceled',
      sentences: wasPaid(order)
        ? ['Your order was canceled.', 'You get back all the money that you paid. You need not do anything.']
        : ['Your order was canceled.', 'Nothing has been paid and nothing is charged.'],
    }),
  },
}
