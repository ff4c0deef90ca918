import { type Answer, callerOf, waitFor } from '@kakilima/testkit/call'
import { pngOf } from '@kakilima/testkit/png'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { shopDatabases } from '@kakilima/testkit/shop-database'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newParkedOrder } from './parked-order.ts'
import { newGuest, newStaff, type Signed, signIn } from './people.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
let staff: Signed
let viewer: Signed
let staffId: number
let adminId: number
let staffEmail: string
let customer: { headers: Signed; id: number }

type Entry = {
  service: string
  id: number
  created_at: string
  action: string
  subject_id: number
  actor_id: number | null
  actor: { id: number; name: string } | null
}

beforeAll(async () => {
  const env = {
    ADMIN_EMAIL: 'admin@example.com',
    ADMIN_PASSWORD: 'a password of the admin',
    PAYMENT_WINDOW_SECONDS: '0',
  }
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  admin = await signIn(api, 'admin@example.com', 'a password of the admin')
  const added = await newStaff('staff', { KAKILIMA_DATA: shop.dataFolder })
  staffEmail = added.email
  staff = await signIn(api, added.email, added.password)
  const looking = await newStaff('viewer', { KAKILIMA_DATA: shop.dataFolder })
  viewer = await signIn(api, looking.email, looking.password)
  staffId = (await send('GET', '/api/v1/me', undefined, staff)).body.id
  adminId = (await send('GET', '/api/v1/me', undefined, admin)).body.id
  customer = await newGuest(api)
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  switch (method) {
    case 'GET':
      return api.get('gateway', path, headers)
    case 'POST':
      return api.post('gateway', path, body, headers)
    case 'PUT':
      return api.put('gateway', path, body, headers)
    case 'DELETE':
      return api.delete('gateway', path, headers)
    default:
      throw new Error(`nothing here is sent as ${method}`)
  }
}

/** Sends what has to go well. Returns the answer's body. */
async function done(method: string, path: string, body?: unknown, headers: Record<string, string> = staff) {
  const answer = await send(method, path, body, headers)
  expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBeLessThan(300)
  return answer.body
}

const auditLog = (query = 'limit=1000'): Promise<Entry[]> => done('GET', `/api/v1/audit-log?${query}`, undefined, admin)

/** What the log holds after some work that it did not hold before. */
async function entriesOf(work: () => Promise<unknown>): Promise<Entry[]> {
  const known = new Set((await auditLog()).map(({ service, id }) => `${service} ${id}`))
  await work()
  return (await auditLog()).filter(({ service, id }) => !known.has(`${service} ${id}`))
}

async function newProduct(stock = 100): Promise<number> {
  return (await done('POST', '/api/v1/products', { name: 'Kopi', price: 5000, stock })).id
}

/** An order of three units that awaits its payment. */
async function newOrder(productId?: number): Promise<number> {
  const items = [{ product_id: productId ?? (await newProduct()), quantity: 3 }]
  const { order_id, status_url } = await done('POST', '/api/v1/orders', { items }, customer.headers)
  await waitFor(
    () => done('GET', status_url, undefined, customer.headers),
    ({ status }) => status === 'awaiting_payment',
  )
  return order_id
}

const newPayment = async (orderId: number): Promise<number> =>
  (await done('POST', `/api/v1/orders/${orderId}/payments`, { payment_method: 'QRIS' }, customer.headers)).id

/** An order that its customer has paid, and the payment. */
async function newPaidOrder(): Promise<{ order: number; payment: number }> {
  const order = await newOrder()
  const payment = await newPayment(order)
  await done('POST', `/api/v1/payments/${payment}/confirm`, undefined, customer.headers)
  return { order, payment }
}

const picture = pngOf(40, 30)

/** A product with an image. */
async function newImage(): Promise<{ id: number; image: number }> {
  const id = await newProduct()
  return { id, image: (await done('POST', `/api/v1/products/${id}/images`, picture)).images[0].id }
}

const newCategory = async (): Promise<number> =>
  (await done('POST', '/api/v1/categories', { name: crypto.randomUUID() })).id

/** A receiver that nobody is behind. */
const newSubscription = async (event_types = ['payment.expired']): Promise<number> =>
  (await done('POST', '/api/v1/webhooks/subscriptions', { url: 'https://receiver.invalid/', event_types }, admin)).id

/** Somebody who works in the shop and only looks. */
async function newStaffMember(): Promise<number> {
  const body = { name: 'Dewi', email: `${crypto.randomUUID()}@example.com`, role: 'viewer' }
  return (await done('POST', '/api/v1/staff', body, admin)).account.id
}

/** Something that a receiver could not be told. */
async function newParkedDelivery(): Promise<{ subscription: number; delivery: number }> {
  const subscription = await newSubscription()
  const db = (await shopDatabases(shop.dataFolder)).open('webhook')
  const { rows } = await sql<{ id: number }>`
    with event as (
      insert into events (id, type, subject, version, occurred_at, data)
      values (${`payment-${subscription}`}, 'payment.expired', 'payment:1', 1, now(), '{}') returning id
    )
    insert into deliveries (subscription_id, event_id, event_type, subject, state, attempts, ended_at)
    select ${subscription}, id, 'payment.expired', 'payment:1', 'parked', 3, now() from event returning id`.execute(db)
  await db.destroy()
  return { subscription, delivery: rows[0]!.id }
}

/**
 * What staff do by a route, and how it is logged. `refused` are the same calls where they may not be: another id, another body, and the
 * status of the answer.
 */
type Change = {
  id?: number
  imageId?: number
  body?: unknown
  /** Where not all of the staff may do it. */
  by?: 'admin'
  entry: Record<string, unknown>
  refused: { id?: number; imageId?: number; body?: unknown; status: number }[]
}

const nowhere = 999_999

/** How each route is used by which staff change something. A new one must be told of here, or is `customersOwn`. */
const changes: Record<string, () => Promise<Change>> = {
  'POST /api/v1/webhooks/subscriptions': async () => ({
    by: 'admin',
    body: { url: 'https://receiver.invalid/', event_types: ['order.*'] },
    entry: {
      service: 'webhook',
      action: 'subscription.create',
      before: null,
      after: expect.objectContaining({ url: 'https://receiver.invalid/', event_types: ['order.*'] }),
    },
    refused: [{ body: { url: 'http://169.254.169.254/', event_types: ['order.*'] }, status: 422 }],
  }),
  'PUT /api/v1/webhooks/subscriptions/{id}': async () => {
    const id = await newSubscription()
    const [before, after] = [
      { event_types: ['payment.expired'], version: 1 },
      { event_types: ['payment.voided'], version: 2 },
    ]
    return {
      id,
      by: 'admin',
      body: { event_types: ['payment.voided'] },
      entry: { service: 'webhook', action: 'subscription.update', subject_id: id, before, after },
      refused: [
        { id, body: { event_types: ['gold'] }, status: 422 },
        { id: nowhere, body: { description: 'x' }, status: 404 },
      ],
    }
  },
  'DELETE /api/v1/webhooks/subscriptions/{id}': async () => {
    const id = await newSubscription()
    const before = expect.objectContaining({ url: 'https://receiver.invalid/', is_active: true })
    return {
      id,
      by: 'admin',
      entry: { service: 'webhook', action: 'subscription.delete', subject_id: id, before, after: null },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'POST /api/v1/webhooks/subscriptions/{id}/secret': async () => {
    const id = await newSubscription()
    const [before, after] = [
      { previous_secret_until: null, version: 1 },
      { previous_secret_until: expect.any(String), version: 2 },
    ]
    return {
      id,
      by: 'admin',
      entry: { service: 'webhook', action: 'subscription.renew_secret', subject_id: id, before, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'POST /api/v1/webhooks/subscriptions/{id}/sync': async () => {
    const [id, ofPayments] = [await newSubscription(['product.*']), await newSubscription()]
    const [before, after] = [{ sync_after: null }, { sync_after: 0 }]
    return {
      id,
      by: 'admin',
      entry: { service: 'webhook', action: 'subscription.sync', subject_id: id, before, after },
      refused: [
        { id: ofPayments, status: 409 },
        { id: nowhere, status: 404 },
      ],
    }
  },
  'POST /api/v1/webhooks/subscriptions/{id}/resend': async () => {
    const { subscription: id } = await newParkedDelivery()
    return {
      id,
      body: { state: 'parked' },
      entry: { service: 'webhook', action: 'subscription.resend', subject_id: id, before: null, after: { resent: 1 } },
      refused: [
        { id, body: { state: 'delivered' }, status: 422 },
        { id: nowhere, body: { state: 'parked' }, status: 404 },
      ],
    }
  },
  'POST /api/v1/webhooks/deliveries/{id}/resend': async () => {
    const { delivery: id } = await newParkedDelivery()
    const [before, after] = [
      { state: 'parked', attempts: 3, queued_at: expect.any(String) },
      { state: 'waiting', attempts: 0, queued_at: expect.any(String) },
    ]
    return {
      id,
      entry: { service: 'webhook', action: 'delivery.resend', subject_id: id, before, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'POST /api/v1/products/{id}/images': async () => {
    const id = await newProduct()
    const [before, after] = [
      { images: [], version: 1 },
      { images: [expect.objectContaining({ width: 40, height: 30 })], version: 2 },
    ]
    return {
      id,
      body: picture,
      entry: { service: 'inventory', action: 'product.add_image', subject_id: id, before, after },
      refused: [
        { id, body: picture.subarray(0, 50), status: 422 },
        { id: nowhere, body: picture, status: 404 },
      ],
    }
  },
  'PUT /api/v1/products/{id}/images': async () => {
    const { id, image } = await newImage()
    const second = (await done('POST', `/api/v1/products/${id}/images`, picture)).images[1].id
    const inOrder = (...ids: number[]) => ids.map((of) => expect.objectContaining({ id: of }))
    const [before, after] = [
      { images: inOrder(image, second), version: 3 },
      { images: inOrder(second, image), version: 4 },
    ]
    return {
      id,
      body: { image_ids: [second, image] },
      entry: { service: 'inventory', action: 'product.order_images', subject_id: id, before, after },
      refused: [
        { id, body: { image_ids: [second] }, status: 409 },
        { id: nowhere, body: { image_ids: [] }, status: 404 },
      ],
    }
  },
  'DELETE /api/v1/products/{id}/images/{image_id}': async () => {
    const { id, image } = await newImage()
    const [before, after] = [
      { images: [expect.objectContaining({ id: image })], version: 2 },
      { images: [], version: 3 },
    ]
    return {
      id,
      imageId: image,
      entry: { service: 'inventory', action: 'product.remove_image', subject_id: id, before, after },
      refused: [
        { id, imageId: nowhere, status: 404 },
        { id: nowhere, imageId: image, status: 404 },
      ],
    }
  },
  'PUT /api/v1/shop': async () => ({
    by: 'admin',
    body: { low_stock_at: 7, time_zone: 'Asia/Jakarta' },
    entry: {
      service: 'inventory',
      action: 'shop.update',
      subject_id: 1,
      before: { low_stock_at: 5, version: expect.any(Number) },
      after: { low_stock_at: 7, version: expect.any(Number) },
    },
    refused: [{ body: { languages: [] }, status: 422 }],
  }),
  'PUT /api/v1/shop/logo': async () => {
    await done('DELETE', '/api/v1/shop/logo', undefined, admin)
    const [before, after] = [
      { logo: null, version: expect.any(Number) },
      { logo: expect.objectContaining({ width: 40 }), version: expect.any(Number) },
    ]
    return {
      by: 'admin',
      body: picture,
      entry: { service: 'inventory', action: 'shop.set_logo', subject_id: 1, before, after },
      refused: [{ body: new Uint8Array(9), status: 422 }],
    }
  },
  'DELETE /api/v1/shop/logo': async () => {
    await done('PUT', '/api/v1/shop/logo', picture, admin)
    const [before, after] = [
      { logo: expect.objectContaining({ width: 40 }), version: expect.any(Number) },
      { logo: null, version: expect.any(Number) },
    ]
    return {
      by: 'admin',
      entry: { service: 'inventory', action: 'shop.set_logo', subject_id: 1, before, after },
      refused: [],
    }
  },
  'POST /api/v1/categories': async () => ({
    body: { name: ' Teh ', position: 3 },
    entry: {
      service: 'inventory',
      action: 'category.create',
      before: null,
      after: expect.objectContaining({ name: 'Teh', slug: 'teh', position: 3 }),
    },
    refused: [{ body: { name: ' ' }, status: 422 }],
  }),
  'PUT /api/v1/categories/{id}': async () => {
    const id = await newCategory()
    const taken = (await done('GET', '/api/v1/categories')).find((category: { id: number }) => category.id !== id)
    return {
      id,
      body: { name: 'Kopi Nusantara', slug: 'kopi-nusantara' },
      entry: {
        service: 'inventory',
        action: 'category.update',
        subject_id: id,
        before: { name: expect.any(String), slug: expect.any(String) },
        after: { name: 'Kopi Nusantara', slug: 'kopi-nusantara' },
      },
      refused: [
        { id, body: { name: taken?.name ?? '' }, status: taken === undefined ? 422 : 409 },
        { id: nowhere, body: { name: 'Teh' }, status: 404 },
      ],
    }
  },
  'DELETE /api/v1/categories/{id}': async () => {
    const id = await newCategory()
    const before = expect.objectContaining({ id })
    return {
      id,
      entry: { service: 'inventory', action: 'category.delete', subject_id: id, before, after: null },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'PUT /api/v1/categories/{id}/image': async () => {
    const id = await newCategory()
    const [before, after] = [{ image: null }, { image: expect.objectContaining({ width: 40 }) }]
    return {
      id,
      body: picture,
      entry: { service: 'inventory', action: 'category.set_image', subject_id: id, before, after },
      refused: [
        { id, body: new Uint8Array(9), status: 422 },
        { id: nowhere, body: picture, status: 404 },
      ],
    }
  },
  'DELETE /api/v1/categories/{id}/image': async () => {
    const id = await newCategory()
    await done('PUT', `/api/v1/categories/${id}/image`, picture)
    const [before, after] = [{ image: expect.objectContaining({ width: 40 }) }, { image: null }]
    return {
      id,
      entry: { service: 'inventory', action: 'category.set_image', subject_id: id, before, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'POST /api/v1/products': async () => ({
    body: { name: ' Teh ', price: 4000, stock: 2 },
    entry: {
      service: 'inventory',
      action: 'product.create',
      before: null,
      after: expect.objectContaining({ name: 'Teh', stock: 2 }),
    },
    refused: [{ body: { name: 'Teh', price: -1, stock: 2 }, status: 422 }],
  }),
  'POST /api/v1/products/import': async () => {
    const id = await newProduct()
    const sheet = (text: string) => new Blob([text], { type: 'text/csv' })
    const [before, after] = [
      { price: 5000, version: 1 },
      { price: 7000, version: 2 },
    ]
    return {
      body: sheet(`id,price\n${id},7000\n${nowhere},1\n`),
      entry: { service: 'inventory', action: 'product.update', subject_id: id, before, after },
      refused: [
        { body: sheet('price\n7000\n'), status: 422 },
        { body: sheet(`id,price\n${id},much\n`), status: 200 },
        { body: { price: 7000 }, status: 415 },
      ],
    }
  },
  'POST /api/v1/products/{id}/duplicate': async () => {
    const id = await newProduct()
    const after = expect.objectContaining({ name: 'Kopi (salinan)', stock: 0, status: 'draft' })
    return {
      id,
      entry: { service: 'inventory', action: 'product.create', before: null, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'PUT /api/v1/products/{id}': async () => {
    const id = await newProduct()
    await newOrder(id)
    const [before, after] = [
      { price: 5000, version: 2 },
      { price: 6000, version: 3 },
    ]
    return {
      id,
      body: { price: 6000, name: 'Kopi' },
      entry: { service: 'inventory', action: 'product.update', subject_id: id, before, after },
      refused: [
        { id, body: { stock: 2 }, status: 409 },
        { id, body: { price: 'much' }, status: 422 },
        { id: nowhere, body: { price: 1 }, status: 404 },
      ],
    }
  },
  'PUT /api/v1/products/{id}/stock': async () => {
    const id = await newProduct(10)
    await newOrder(id)
    const [before, after] = [
      { stock: 10, version: 2 },
      { stock: 8, version: 3 },
    ]
    return {
      id,
      body: { quantity: -2 },
      entry: { service: 'inventory', action: 'product.adjust_stock', subject_id: id, before, after },
      refused: [
        { id, body: { quantity: -8 }, status: 409 },
        { id, body: {}, status: 422 },
        { id: nowhere, body: { quantity: 1 }, status: 404 },
      ],
    }
  },
  'DELETE /api/v1/products/{id}': async () => {
    const [id, ordered] = [await newProduct(10), await newProduct()]
    await newOrder(ordered)
    const before = expect.objectContaining({ name: 'Kopi', price: 5000, stock: 10 })
    return {
      id,
      entry: { service: 'inventory', action: 'product.delete', subject_id: id, before, after: null },
      refused: [
        { id: ordered, status: 409 },
        { id: nowhere, status: 404 },
      ],
    }
  },
  'POST /api/v1/orders/{id}/payments': async () => {
    const [id, paid] = [await newOrder(), (await newPaidOrder()).order]
    const [before, after] = [{ payment_method: null }, { payment_method: 'CASH' }]
    return {
      id,
      body: { payment_method: 'CASH' },
      entry: { service: 'order', action: 'order.choose_payment_method', subject_id: id, before, after },
      refused: [
        { id: paid, body: { payment_method: 'CASH' }, status: 409 },
        { id, body: { payment_method: 'GOLD' }, status: 422 },
        { id: nowhere, body: { payment_method: 'CASH' }, status: 404 },
      ],
    }
  },
  'POST /api/v1/payments/{id}/confirm': async () => {
    const order = await newOrder()
    const [id, canceled] = [await newPayment(order), await newOrder()]
    const ofCanceled = await newPayment(canceled)
    await done('POST', `/api/v1/orders/${canceled}/cancellation`, undefined, customer.headers)
    const before = { status: 'awaiting_payment', paid_by_payment_id: null, version: 1 }
    const after = { status: 'paid', paid_by_payment_id: id, version: 2 }
    return {
      id,
      entry: { service: 'order', action: 'order.pay', subject_id: order, before, after },
      refused: [
        { id: ofCanceled, status: 409 },
        { id: nowhere, status: 404 },
      ],
    }
  },
  'PUT /api/v1/orders/{id}/confirm': async () => {
    const { order: id } = await newPaidOrder()
    const [before, after] = [
      { status: 'paid', version: 2 },
      { status: 'confirming', version: 3 },
    ]
    return {
      id,
      entry: { service: 'order', action: 'order.confirm', subject_id: id, before, after },
      refused: [
        { id: await newOrder(), status: 409 },
        { id: nowhere, status: 404 },
      ],
    }
  },
  'POST /api/v1/orders/confirmations': async () => {
    const { order: id } = await newPaidOrder()
    const [before, after] = [
      { status: 'paid', version: 2 },
      { status: 'confirming', version: 3 },
    ]
    return {
      // Those that are not paid or not there are told as such, and change nothing.
      body: { order_ids: [await newOrder(), id, nowhere] },
      entry: { service: 'order', action: 'order.confirm', subject_id: id, before, after },
      refused: [
        { body: { order_ids: [] }, status: 422 },
        { body: { order_ids: [nowhere] }, status: 200 },
      ],
    }
  },
  'POST /api/v1/orders/{id}/notes': async () => {
    const id = await newOrder()
    return {
      id,
      body: { text: ' Calls back ' },
      entry: {
        service: 'order',
        action: 'order.add_note',
        subject_id: id,
        before: null,
        after: { note_id: expect.any(Number), text: 'Calls back' },
      },
      refused: [
        { id, body: { text: ' ' }, status: 422 },
        { id: nowhere, body: { text: 'Calls back' }, status: 404 },
      ],
    }
  },
  'POST /api/v1/parked-orders/{id}/replay': async () => {
    const id = await newParkedOrder(shop.dataFolder, customer.id, await newProduct())
    const [before, after] = [{ delayed: true }, { delayed: false }]
    return {
      id,
      entry: { service: 'order', action: 'order.replay', subject_id: id, before, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'POST /api/v1/parked-orders/{id}/rejection': async () => {
    const id = await newParkedOrder(shop.dataFolder, customer.id, await newProduct())
    const before = { status: 'queued', delayed: true }
    const after = { status: 'rejected', reason: 'rejected-by-staff' }
    return {
      id,
      entry: { service: 'order', action: 'order.reject', subject_id: id, before, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'PUT /api/v1/payment-windows': async () => ({
    by: 'admin',
    body: { methods: { EWALLET: 0 } },
    entry: {
      service: 'order',
      action: 'payment_windows.update',
      subject_id: 1,
      before: { EWALLET: null },
      after: { EWALLET: 0 },
    },
    refused: [{ body: { standard_seconds: -1 }, status: 422 }],
  }),
  'PUT /api/v1/bank-accounts': async () => {
    const accounts = [{ bank: 'BCA', number: '123 456', holder: 'Sari' }]
    return {
      by: 'admin',
      body: { accounts },
      entry: {
        service: 'payment',
        action: 'bank_accounts.update',
        subject_id: 1,
        before: { accounts: [] },
        after: { accounts },
      },
      refused: [{ body: { accounts: [{}] }, status: 422 }],
    }
  },
  'POST /api/v1/orders/{id}/cancellation': async () => {
    const [{ order: id }, { order: confirmed }] = [await newPaidOrder(), await newPaidOrder()]
    await done('PUT', `/api/v1/orders/${confirmed}/confirm`)
    const [before, after] = [
      { status: 'paid', version: 2 },
      { status: 'canceled', version: 3 },
    ]
    return {
      id,
      entry: { service: 'order', action: 'order.cancel', subject_id: id, before, after },
      refused: [
        { id: confirmed, status: 409 },
        { id: nowhere, status: 404 },
      ],
    }
  },
  'POST /api/v1/payments/{id}/refund': async () => {
    const [{ order, payment: id }, { payment: kept }] = [await newPaidOrder(), await newPaidOrder()]
    await done('POST', `/api/v1/orders/${order}/cancellation`)
    const before = { state: 'refund_due', refund_reference: null, version: 3 }
    const after = { state: 'refunded', refund_reference: 'BCA 77', version: 4 }
    return {
      id,
      body: { reference: ' BCA 77 ' },
      entry: { service: 'payment', action: 'payment.refund', subject_id: id, before, after },
      refused: [
        { id: kept, body: { reference: 'BCA 78' }, status: 409 },
        { id, body: { reference: ' ' }, status: 422 },
        { id: nowhere, body: { reference: 'BCA 78' }, status: 404 },
      ],
    }
  },
  'POST /api/v1/staff': async () => {
    const email = `${crypto.randomUUID()}@example.com`
    return {
      by: 'admin',
      body: { name: ' Dewi ', email, role: 'viewer' },
      entry: {
        service: 'user',
        action: 'account.create',
        before: null,
        after: { id: expect.any(Number), name: 'Dewi', email, phone: null, role: 'viewer', language: 'id' },
      },
      refused: [
        { body: { name: 'Dewi', email: staffEmail, role: 'viewer' }, status: 409 },
        { body: { name: 'Dewi', email, role: 'customer' }, status: 422 },
      ],
    }
  },
  'PUT /api/v1/staff/{id}': async () => {
    const id = await newStaffMember()
    return {
      id,
      by: 'admin',
      body: { name: 'Dewi', role: 'staff' },
      entry: {
        service: 'user',
        action: 'account.update',
        subject_id: id,
        before: { role: 'viewer' },
        after: { role: 'staff' },
      },
      refused: [
        { id: adminId, body: { role: 'viewer' }, status: 409 },
        { id: customer.id, body: { role: 'admin' }, status: 404 },
        { id: nowhere, body: { name: 'Dewi' }, status: 404 },
      ],
    }
  },
  'PUT /api/v1/staff/{id}/ban': async () => {
    const id = await newStaffMember()
    const [before, after] = [{ banned_at: null }, { banned_at: expect.any(String) }]
    return {
      id,
      by: 'admin',
      entry: { service: 'user', action: 'account.ban', subject_id: id, before, after },
      refused: [
        { id: adminId, status: 409 },
        { id: customer.id, status: 404 },
      ],
    }
  },
  'DELETE /api/v1/staff/{id}/ban': async () => {
    const id = await newStaffMember()
    await done('PUT', `/api/v1/staff/${id}/ban`, undefined, admin)
    const [before, after] = [{ banned_at: expect.any(String) }, { banned_at: null }]
    return {
      id,
      by: 'admin',
      entry: { service: 'user', action: 'account.unban', subject_id: id, before, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
  'POST /api/v1/staff/{id}/password': async () => {
    const id = await newStaffMember()
    const after = { has_new_password: true }
    return {
      id,
      by: 'admin',
      entry: { service: 'user', action: 'account.reset_password', subject_id: id, before: null, after },
      refused: [
        { id: adminId, status: 409 },
        { id: customer.id, status: 404 },
      ],
    }
  },
  'PUT /api/v1/customers/{id}/ban': async () => {
    const { id } = await newGuest(api)
    const [before, after] = [{ banned_at: null }, { banned_at: expect.any(String) }]
    return {
      id,
      entry: { service: 'user', action: 'account.ban', subject_id: id, before, after },
      refused: [
        { id: staffId, status: 404 },
        { id: nowhere, status: 404 },
      ],
    }
  },
  'DELETE /api/v1/customers/{id}/ban': async () => {
    const { id } = await newGuest(api)
    await done('PUT', `/api/v1/customers/${id}/ban`)
    const [before, after] = [{ banned_at: expect.any(String) }, { banned_at: null }]
    return {
      id,
      entry: { service: 'user', action: 'account.unban', subject_id: id, before, after },
      refused: [{ id: nowhere, status: 404 }],
    }
  },
}

/** Routes for whoever is signed in by which one changes only what is one's own, staff too. */
const customersOwn = [
  'POST /api/v1/auth/refresh',
  'POST /api/v1/auth/logout',
  'PUT /api/v1/me/password',
  'PUT /api/v1/me/language',
  'POST /api/v1/orders',
]

/** Routes that only look, and change nothing of the shop. */
const looksOnly = ['POST /api/v1/audit']

test('every route by which staff can change something is tried here', async () => {
  const { body: openapi } = await send('GET', '/openapi.json')
  const found: string[] = []
  for (const [path, methods] of Object.entries<any>(openapi.paths))
    for (const [method, { tags }] of Object.entries<any>(methods))
      if (path.startsWith('/api/v1/') && method !== 'get' && tags[0] !== 'for anyone')
        found.push(`${method.toUpperCase()} ${path}`)
  expect(found.toSorted()).toEqual([...Object.keys(changes), ...customersOwn, ...looksOnly].toSorted())
})

test.each(Object.keys(changes))('%s leaves one entry when staff do it, and none when it is refused', async (route) => {
  const [method, template] = route.split(' ') as [string, string]
  const { id, imageId, body, by, entry, refused } = await changes[route]!()
  const who = by === 'admin' ? admin : staff
  const call = (
    of: { id?: number | undefined; imageId?: number | undefined; body?: unknown },
    headers: Record<string, string>,
  ) => send(method, template.replace('{id}', String(of.id)).replace('{image_id}', String(of.imageId)), of.body, headers)

  const ofRefused = await entriesOf(async () => {
    for (const { status, ...of } of refused) {
      const answer = await call(of, who)
      expect(answer.status, `${JSON.stringify(of)}: ${JSON.stringify(answer.body)}`).toBe(status)
    }
    expect((await call({ id, imageId, body }, viewer)).status).toBe(403)
    if (by === 'admin') expect((await call({ id, imageId, body }, staff)).status).toBe(403)
    // Somebody else's: as if it were not there, where customers may call at all.
    expect([403, 404]).toContain((await call({ id, imageId, body }, (await newGuest(api)).headers)).status)
  })
  expect(ofRefused).toEqual([])

  const requestId = `change-${crypto.randomUUID()}`
  // Whom a caller names has no effect.
  const headers = { ...who, 'x-request-id': requestId, 'x-actor-id': '1' }
  let created: number | undefined
  const made = await entriesOf(async () => {
    const answer = await call({ id, imageId, body }, headers)
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300)
    created = answer.body.account?.id ?? answer.body.id
  })
  const expected = {
    id: expect.any(Number),
    actor_id: by === 'admin' ? adminId : staffId,
    actor: by === 'admin' ? { id: adminId, name: 'Admin' } : { id: staffId, name: 'staff' },
    subject_type: String(entry.action).split('.')[0],
    subject_id: created,
    request_id: requestId,
    created_at: expect.any(String),
    ...entry,
  }
  expect(made).toEqual([expected])
})

test('what customers do by the same routes is not logged, whomever they name', async () => {
  const [order, other] = [await newOrder(), await newOrder()]
  const payment = await newPayment(order)
  const named = { ...customer.headers, 'x-actor-id': String(staffId) }
  const made = await entriesOf(async () => {
    await done('POST', `/api/v1/payments/${payment}/confirm`, undefined, named)
    await done('POST', `/api/v1/orders/${other}/payments`, { payment_method: 'CASH', by: 'staff' }, named)
    await done('POST', `/api/v1/orders/${other}/cancellation`, { by: 'staff' }, named)
    expect((await send('POST', '/api/v1/products', { name: 'Teh', price: 1, stock: 1 }, named)).status).toBe(403)
  })
  expect(made).toEqual([])
})

test('calls of old clients on the internal network are logged with nobody named, or whom another service names', async () => {
  const product = await newProduct()
  const [order, { order: paid }] = [await newOrder(product), await newPaidOrder()]
  const made = await entriesOf(async () => {
    await api.put('order', `/orders/${order}/payment`, { payment_status: true })
    await api.put('order', `/orders/${paid}/confirm`)
    await api.put('inventory', `/products/${product}`, { price: 1 }, { 'x-actor-id': '4711' })
    // A payer's own word, as the old customer page gives it.
    const theirs = await api.post('payment', '/payments', { order_id: await newOrder(product) })
    await api.post('payment', '/payments/confirm', { payment_id: theirs.body.id })
  })
  expect(made.map(({ action, subject_id, actor_id }) => `${action} ${subject_id} ${actor_id}`).toSorted()).toEqual([
    `order.choose_payment_method ${order} null`,
    `order.confirm ${paid} null`,
    `order.pay ${order} null`,
    `product.update ${product} 4711`,
  ])
  // Whom nobody knows has no name.
  expect(made.map(({ actor }) => actor)).toEqual([null, null, null, null])
})

test('who works in the shop stands in the log, with nothing of a password', async () => {
  const log = await auditLog(`subject=account:${staffId}`)
  expect(log).toEqual([
    {
      service: 'user',
      id: expect.any(Number),
      actor_id: null,
      actor: null,
      action: 'account.create',
      subject_type: 'account',
      subject_id: staffId,
      before: null,
      after: { id: staffId, name: 'staff', email: staffEmail, phone: null, role: 'staff', language: 'id' },
      request_id: null,
      created_at: expect.any(String),
    },
  ])
})

test('the log of all services is read from the newest on, each entry on one page, also while more is written', async () => {
  const whole = await auditLog()
  expect(new Set(whole.map(({ service }) => service)).size).toBe(5)
  const times = whole.map(({ created_at }) => created_at)
  expect(times).toEqual(times.toSorted().toReversed())

  const read: Entry[] = []
  for (let next: string | undefined = '/api/v1/audit-log?limit=7'; next !== undefined;) {
    const page: Answer = await send('GET', next, undefined, admin)
    read.push(...page.body)
    next = /<(.*)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
    if (read.length < 30) await newProduct()
  }
  expect(read).toEqual(whole)

  const ofStaff = await auditLog(`actor_id=${staffId}&limit=1000`)
  expect(ofStaff.length).toBeGreaterThan(10)
  expect(new Set(ofStaff.map(({ actor_id }) => actor_id))).toEqual(new Set([staffId]))
})

test.each(['before=5', 'before=user.x', 'before=nobody.1', 'limit=0', 'subject=product', 'actor_id=me'])(
  'the log is not read with %s',
  async (query) => {
    expect((await send('GET', `/api/v1/audit-log?${query}`, undefined, admin)).status).toBe(422)
  },
)
