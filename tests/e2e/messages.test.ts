import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Caller, callerOf, waitFor } from '@kakilima/testkit/call'
import { type ArrivedMail, type MailServer, readMailFile, startMailServer } from '@kakilima/testkit/mail-server'
import { type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newGuest, type Signed, signIn } from './people.ts'

let server: MailServer
let shop: Shop
let api: Caller
let admin: Signed

const environment = {
  ADMIN_EMAIL: 'admin@example.com',
  ADMIN_PASSWORD: 'kata sandi admin',
  SHOP_NAME: 'Toko Sari',
  SHOP_URL: 'https://toko.example.com',
  PAYMENT_WINDOW_SECONDS: '600',
  // Who chooses cash and does not pay is late at once.
  PAYMENT_WINDOW_SECONDS_CASH: '1',
}

beforeAll(async () => {
  server = await startMailServer()
  const mail = { SMTP_URL: server.url, MAIL_FROM: 'Toko Sari <toko@example.com>' }
  shop = await startShop({ env: { ...environment, ...mail, SHOP_NAME: 'Toko Lama' } })
  api = callerOf(shop.urls)
  admin = await signIn(api, environment.ADMIN_EMAIL, environment.ADMIN_PASSWORD)
  // The name that the shop was given later is the one that customers know.
  expect((await put('/shop', { name: 'Toko Sari' }, admin)).status).toBe(200)
})

afterAll(async () => {
  await shop.stop()
  await server.stop()
})

const post = (path: string, body: unknown, headers?: Signed) => api.post('gateway', `/api/v1${path}`, body, headers)
const put = (path: string, body: unknown, headers?: Signed) => api.put('gateway', `/api/v1${path}`, body, headers)

async function newProduct(name: string, stock = 10): Promise<number> {
  return (await post('/products', { name, price: 150_000, stock }, admin)).body.id
}

async function register(email: string, language: string | undefined, name = 'Sari Wulandari'): Promise<Signed> {
  const password = 'rahasia besar'
  const { status } = await post('/auth/register', { name, email, password, language })
  expect(status).toBe(201)
  return signIn(api, email, password)
}

/** Places an order and waits until it is decided. Returns its id. */
async function order(headers: Signed, productId: number, quantity = 2): Promise<number> {
  const { body } = await post('/orders', { items: [{ product_id: productId, quantity }] }, headers)
  await waitFor(
    () => api.get('gateway', body.status_url, headers),
    (answer) => answer.body.status !== 'queued',
  )
  return body.order_id
}

async function pay(headers: Signed, orderId: number): Promise<void> {
  const { body } = await post(`/orders/${orderId}/payments`, { payment_method: 'QRIS' }, headers)
  expect((await post(`/payments/${body.id}/confirm`, {}, headers)).status).toBe(200)
}

/** The message about an order that has these words in its subject. */
async function mailTo(email: string, orderId: number, words: string): Promise<ArrivedMail> {
  const found = () =>
    server.arrived.find(
      ({ envelope, subject = '' }) =>
        envelope.to[0] === email && subject.includes(`#${orderId}`) && subject.includes(words),
    )
  return (await waitFor(
    async () => found(),
    (mail) => mail !== undefined,
  ))!
}

const words = {
  id: {
    rejected: ['tidak dapat dipenuhi', 'Tas Ransel: Anda minta 500, tersedia 10'],
    paid: ['sudah dibayar', 'Total: Rp 300.000'],
    confirmed: ['dikonfirmasi', 'barangnya sedang disiapkan'],
    expired: ['waktu membayar sudah habis', 'tidak ada yang ditagih'],
    canceled: ['dibatalkan', 'Uang yang sudah Anda bayar kami kembalikan seluruhnya'],
    unpaid: 'Belum ada yang dibayar',
    greeting: 'Halo Sari Wulandari,',
  },
  en: {
    rejected: ['cannot be fulfilled', 'Tas Ransel: you asked for 500, there are 10'],
    paid: ['is paid', 'Total: Rp 300.000'],
    confirmed: ['is confirmed', 'your items are being prepared'],
    expired: ['the time to pay is up', 'nothing is charged'],
    canceled: ['was canceled', 'You get back all the money that you paid'],
    unpaid: 'Nothing has been paid',
    greeting: 'Hello Sari Wulandari,',
  },
} as const

test.each(['id', 'en'] as const)('a customer who speaks %s is told what becomes of each order', async (language) => {
  const email = `sari-${language}@example.com`
  // Indonesian is spoken where nothing is said.
  const headers = await register(email, language === 'id' ? undefined : language)
  const product = await newProduct('Tas Ransel')
  const said = words[language]
  const hasArrived = async (orderId: number, [subject, sentence]: readonly [string, string]) => {
    const mail = await mailTo(email, orderId, subject)
    expect(mail.text).toContain(sentence)
    expect(mail.text).toContain(said.greeting)
    expect(mail.text).toContain(`https://toko.example.com/pesanan/${orderId}`)
    expect(mail.html).toContain(`<html lang="${language}">`)
    expect(mail.from).toMatchObject({ name: 'Toko Sari', address: 'toko@example.com' })
    expect(mail.subject).toContain('Toko Sari')
    return mail
  }

  await hasArrived(await order(headers, product, 500), said.rejected)

  const confirmed = await order(headers, product)
  await pay(headers, confirmed)
  expect((await put(`/orders/${confirmed}/confirm`, {}, admin)).status).toBe(200)
  await hasArrived(confirmed, said.paid)
  await hasArrived(confirmed, said.confirmed)

  const expired = await order(headers, product)
  await post(`/orders/${expired}/payments`, { payment_method: 'CASH' }, headers)
  await hasArrived(expired, said.expired)

  const paidAndCanceled = await order(headers, product)
  await pay(headers, paidAndCanceled)
  await post(`/orders/${paidAndCanceled}/cancellation`, {}, admin)
  await hasArrived(paidAndCanceled, said.canceled)

  const canceled = await order(headers, product)
  await post(`/orders/${canceled}/cancellation`, {}, headers)
  expect((await mailTo(email, canceled, said.canceled[0])).text).toContain(said.unpaid)
})

test('whoever switches the language is written to in the other one', async () => {
  const headers = await register('budi@example.com', 'id')
  expect((await put('/me/language', { language: 'en' }, headers)).body).toMatchObject({ language: 'en' })
  const id = await order(headers, await newProduct('Kopi'))
  await post(`/orders/${id}/cancellation`, {}, headers)
  await mailTo('budi@example.com', id, 'was canceled')
})

test('a guest gets nothing, and nothing waits', async () => {
  const product = await newProduct('Topi')
  const guest = await newGuest(api)
  const customer = await register('tuti@example.com', 'id')
  const ofGuest = await order(guest.headers, product)
  await post(`/orders/${ofGuest}/cancellation`, {}, guest.headers)
  // A later order of somebody with an address: when that has arrived, the other one was seen to.
  const ofCustomer = await order(customer, product)
  await post(`/orders/${ofCustomer}/cancellation`, {}, customer)
  await mailTo('tuti@example.com', ofCustomer, 'dibatalkan')
  const { body: deliveries } = await api.get('gateway', '/api/v1/webhooks/deliveries?limit=1000', admin)
  expect(deliveries.filter(({ subject }: { subject: string }) => subject === `order:${ofGuest}`)).toEqual([])
  expect(server.arrived.some(({ subject = '' }) => subject.includes(`#${ofGuest} `))).toBe(false)
})

test('names with HTML in them and with line breaks are words and no more', async () => {
  const evil = `<script>alert(1)</script>\r\nBcc: somebody@example.com`
  const headers = await register('evil@example.com', 'en', evil)
  const product = await newProduct(evil)
  const id = await order(headers, product)
  await pay(headers, id)
  const mail = await mailTo('evil@example.com', id, 'is paid')
  expect(mail.envelope.to).toEqual(['evil@example.com'])
  expect(mail.headers.map(({ key }) => key)).not.toContain('bcc')
  expect(mail.html).not.toMatch(/<script/i)
  expect(mail.html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; Bcc: somebody@example.com')
  expect(mail.text).not.toMatch(/^Bcc:/m)
})

test('an address that is refused for good is shown to staff, who send again', async () => {
  server.answer = (at, address) => (at === 'RCPT TO' && address === 'rina@example.com' ? 550 : undefined)
  const headers = await register('rina@example.com', 'id')
  const id = await order(headers, await newProduct('Sandal'))
  await post(`/orders/${id}/cancellation`, {}, headers)
  const parked = await waitFor(
    async () => (await api.get('gateway', '/api/v1/webhooks/deliveries?state=parked', admin)).body,
    (deliveries) => deliveries.length > 0,
  )
  expect(parked).toMatchObject([{ subject: `order:${id}`, event_type: 'order.canceled', response_status: 550 }])
  const { body: detail } = await api.get('gateway', `/api/v1/webhooks/deliveries/${parked[0].id}`, admin)
  expect(detail.request.headers.to).toBe('r***@example.com')
  expect(JSON.stringify(detail)).not.toContain('rina@')
  server.answer = () => undefined
  expect((await post(`/webhooks/deliveries/${parked[0].id}/resend`, undefined, admin)).status).toBe(200)
  await mailTo('rina@example.com', id, 'dibatalkan')
})

test('no address stands in the log', async () => {
  const log = await readFile(join(shop.dataFolder, 'kakilima.log'), 'utf8')
  expect(log.match(/[a-z-]+@example\.com/g) ?? []).toEqual([])
})

test('without a mail server the messages are files in the folder of the data', async () => {
  const other = await startShop({ env: environment })
  try {
    api = callerOf(other.urls)
    admin = await signIn(api, environment.ADMIN_EMAIL, environment.ADMIN_PASSWORD)
    const headers = await register('sari@example.com', 'en')
    const id = await order(headers, await newProduct('Kopi'))
    await pay(headers, id)
    const folder = join(other.dataFolder, 'mail')
    const files = await waitFor(
      async () => (await readdir(folder)).filter((name) => name.endsWith('.eml')),
      (names) => names.length > 0,
    )
    const mail = await readMailFile(join(folder, files[0]!))
    expect(mail).toMatchObject({
      to: [{ address: 'sari@example.com' }],
      subject: `Order #${id} is paid · Toko Sari`,
      text: expect.stringContaining('Total: Rp 300.000'),
    })
    expect(`<${files[0]!.replace('.eml', '')}@localhost>`).toBe(mail.messageId)
  } finally {
    await other.stop()
  }
}, 180_000)
