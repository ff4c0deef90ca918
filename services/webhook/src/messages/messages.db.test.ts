import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Contact } from '@kakilima/contracts/user'
import { silentLogger } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type FakeFeed, fakeFeed } from '@kakilima/testkit/fake-feed'
import { unreachable } from '@kakilima/testkit/fake-neighbors'
import { type MailServer, readMailFile, startMailServer } from '@kakilima/testkit/mail-server'
import { sql } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import type { WebhookTables } from '../database.ts'
import { resendDelivery } from '../deliveries/resend.ts'
import { runReceivers } from '../run-receivers.ts'
import { keepEnvironmentReceivers } from '../subscriptions/environment-receivers.ts'
import { mailBySmtp } from './mail-by-smtp.ts'
import { mailToFiles } from './mail-to-files.ts'
import { smtpServerOf } from './mail-settings.ts'
import type { MessageChannel } from './message.ts'

const db = await testDatabase<WebhookTables>('webhook', 20)
const from = { name: 'Toko Sari', address: 'toko@example.com' }
let feeds: Record<'inventory' | 'order' | 'payment', FakeFeed>
let users: Map<number, Contact>
let asked: number[][]
let areUsersAway: boolean

beforeEach(async () => {
  await sql`truncate subscriptions, events, deliveries, feed_positions, audit_log restart identity cascade`.execute(db)
  feeds = { inventory: fakeFeed(), order: fakeFeed(), payment: fakeFeed() }
  users = new Map()
  asked = []
  areUsersAway = false
  know(1, { name: 'Sari', email: 'sari@example.com' })
  know(2, { name: 'Tamu', email: null })
})

function know(id: number, { name, email, language = 'id' }: Omit<Contact, 'id' | 'language'> & Partial<Contact>): void {
  users.set(id, { id, name, email, language })
}

async function mailServer(...options: Parameters<typeof startMailServer>): Promise<MailServer> {
  const server = await startMailServer(...options)
  onTestFinished(() => server.stop())
  return server
}

const smtp = (address: string, timeoutMs = 5000) => mailBySmtp(smtpServerOf(address)!, from, timeoutMs)

/** Follows orders and tells their customers from now on. */
async function run(channel: MessageChannel, timeoutMs = 5000) {
  await keepEnvironmentReceivers(db, [{ name: 'mail', kind: 'message', url: channel.url, secret: '' }])
  const receivers = runReceivers({
    db,
    logger: silentLogger(),
    feeds,
    products: { page: async () => [], get: async () => Promise.reject(new Error('nobody asks for products')) },
    environment: [{ name: 'mail', kind: 'message', url: channel.url, secret: '' }],
    messages: {
      channel,
      contacts: {
        list: async (ids) => {
          asked.push(ids)
          if (areUsersAway) throw unreachable('user')
          return ids.map((id) => users.get(id)).filter((user) => user !== undefined)
        },
      },
      findShop: async () => ({ name: 'Toko Sari', url: 'https://toko.example.com' }),
      timeoutMs,
    },
    timeoutMs: 1000,
    retryHours: 72,
  })
  onTestFinished(async () => {
    await receivers.stop()
    await channel.close()
  })
  await eventually(async () =>
    expect(await db.selectFrom('feed_positions').select('feed').execute()).toEqual([{ feed: 'order' }]),
  )
  return receivers
}

/** Something becomes of an order: now, or some time ago, by the clock of the database. */
async function become(type: 'paid' | 'confirmed' | 'expired', orderId: number, userId = 1, ago = '0'): Promise<void> {
  const { rows } = await sql<{ at: string }>`select clock_timestamp() - ${ago}::interval as at`.execute(db)
  const lines = [{ product_id: 1, name: 'Kopi', unit_price: 18_000, quantity: 1 }]
  const event = feeds.order.add(`order.${type}`, orderId, {
    user_id: userId,
    lines,
    shortages: [],
    total_price: 18_000,
  })
  event.occurred_at = rows[0]!.at
}

const deliveries = () => db.selectFrom('deliveries').selectAll().orderBy('id').execute()
const delivery = async (eventId: string) => (await deliveries()).find(({ event_id }) => event_id === eventId)
const hurry = () =>
  sql`update deliveries set due_at = clock_timestamp() where state = 'waiting' and claim is null`.execute(db)
const read = () => sql<{ after: number }>`select after from feed_positions`.execute(db)

test('a customer is told of an order by e-mail, in order, with a name for each message that never changes', async () => {
  const server = await mailServer()
  await run(smtp(server.url))
  await become('paid', 12)
  await become('confirmed', 12)
  await eventually(() => expect(server.arrived).toHaveLength(2))
  const [paid, confirmed] = server.arrived
  const { rows } = await sql<{ occurred_at: string }>`select occurred_at from events where id = 'order-1'`.execute(db)
  expect(paid).toMatchObject({
    envelope: { from: 'toko@example.com', to: ['sari@example.com'] },
    from,
    to: [{ name: '', address: 'sari@example.com' }],
    subject: 'Pesanan #12 sudah dibayar · Toko Sari',
    messageId: `<order-1.${Date.parse(rows[0]!.occurred_at)}@example.com>`,
    text: expect.stringContaining('Halo Sari,'),
    html: expect.stringContaining('<html lang="id">'),
  })
  expect(Object.fromEntries(paid!.headers.map(({ key, value }) => [key, value]))).toMatchObject({
    'auto-submitted': 'auto-generated',
    'content-language': 'id',
  })
  expect(confirmed!.subject).toContain('dikonfirmasi')
})

test('what staff see of a message names neither the address nor the customer', async () => {
  const server = await mailServer()
  await run(smtp(server.url))
  await become('paid', 12)
  await eventually(async () => expect(await delivery('order-1')).toMatchObject({ state: 'delivered', error: null }))
  const row = await delivery('order-1')
  expect(row).toMatchObject({
    response_status: 250,
    request: { method: 'SEND', url: server.url, headers: { to: 's***@example.com' }, body: null },
  })
  expect(JSON.stringify(row)).not.toMatch(/sari@|Sari,/)
})

test('a server that is busy or away is tried again, and the message arrives once', async () => {
  const server = await mailServer()
  let refusals = 0
  server.answer = (at) => (at === 'RCPT TO' && refusals++ === 0 ? 451 : undefined)
  await run(smtp(server.url))
  await become('paid', 12)
  await eventually(async () =>
    expect(await delivery('order-1')).toMatchObject({ state: 'waiting', attempts: 1, response_status: 451 }),
  )
  await server.goDown()
  await hurry()
  await eventually(async () =>
    expect(await delivery('order-1')).toMatchObject({
      state: 'waiting',
      response_status: null,
      error: expect.stringContaining('ECONNREFUSED'),
    }),
  )
  await server.comeUp()
  await hurry()
  await eventually(async () => expect(await delivery('order-1')).toMatchObject({ state: 'delivered' }))
  expect(server.arrived).toHaveLength(1)
})

test.each([
  ['RCPT TO', 550],
  ['DATA', 554],
] as const)(
  'a message that is refused for good at %s is parked at once, keeps nobody waiting, and goes out again when staff say so',
  async (place, code) => {
    const server = await mailServer()
    know(3, { name: 'Budi', email: 'nobody@example.com' })
    server.answer = (at, address) => (at === place && address.startsWith('nobody') ? code : undefined)
    const receivers = await run(smtp(server.url))
    await become('paid', 12, 3)
    await become('paid', 13, 1)
    await eventually(async () => expect(await delivery('order-1')).toMatchObject({ state: 'parked', attempts: 1 }))
    await eventually(async () => expect(await delivery('order-2')).toMatchObject({ state: 'delivered' }))
    const parked = await delivery('order-1')
    expect(parked).toMatchObject({ response_status: code, response_body: expect.stringContaining('n***@example.com') })
    expect(JSON.stringify(parked)).not.toContain('nobody@')
    // Later news of the same order are not held up by it.
    server.answer = () => undefined
    await become('confirmed', 12, 3)
    await eventually(async () => expect(await delivery('order-3')).toMatchObject({ state: 'delivered' }))
    await resendDelivery(db, parked!.id)
    receivers.wake()
    await eventually(async () => expect(await delivery('order-1')).toMatchObject({ state: 'delivered' }))
    expect(server.arrived.filter(({ envelope }) => envelope.to[0] === 'nobody@example.com')).toHaveLength(2)
  },
)

test('a sender or a password that is refused is the fault of the shop: it is tried again when that is mended', async () => {
  const server = await mailServer({
    authOptional: false,
    onAuth: ({ password }, _session, done) =>
      done(password === 'right' ? null : Object.assign(new Error('no'), { responseCode: 535 }), { user: 'toko' }),
  })
  const at = (password: string) => server.url.replace('//', `//toko:${password}@`)
  const first = await run(smtp(at('wrong')))
  await become('paid', 12)
  await eventually(async () =>
    expect(await delivery('order-1')).toMatchObject({ state: 'waiting', response_status: 535 }),
  )
  expect(JSON.stringify(await delivery('order-1'))).not.toContain('wrong')
  await first.stop()
  await run(smtp(at('right')))
  await hurry()
  await eventually(async () => expect(await delivery('order-1')).toMatchObject({ state: 'delivered' }))
  const [subscription] = await db.selectFrom('subscriptions').selectAll().execute()
  expect(subscription!.url).toBe(server.url)
})

test('a server that never answers is given up for this time', async () => {
  const server = await mailServer()
  server.answer = () => new Promise(() => undefined)
  await run(smtp(server.url, 60_000), 200)
  await become('paid', 12)
  await eventually(async () =>
    expect(await delivery('order-1')).toMatchObject({ state: 'waiting', error: 'There was no whole answer in time' }),
  )
})

test('a message that is being sent when the service ends is let finish, and not sent again', async () => {
  const server = await mailServer()
  const { promise: held, resolve: release } = Promise.withResolvers<undefined>()
  let isHeld = false
  server.answer = (at) => {
    isHeld = at === 'DATA'
    return isHeld ? held : undefined
  }
  const receivers = await run(smtp(server.url))
  await become('paid', 12)
  await eventually(() => expect(isHeld).toBe(true))
  const stopped = receivers.stop()
  release(undefined)
  await stopped
  expect(await delivery('order-1')).toMatchObject({ state: 'delivered', attempts: 1 })
})

test('guests and customers who are not known get nothing, and nothing waits for them', async () => {
  const server = await mailServer()
  await run(smtp(server.url))
  await become('paid', 12, 2)
  await become('paid', 13, 99)
  await become('paid', 14, 1)
  await eventually(() => expect(server.arrived).toHaveLength(1))
  expect((await deliveries()).map(({ event_id }) => event_id)).toEqual(['order-3'])
})

test('a thousand expired orders of guests cost a handful of questions and no row', async () => {
  const server = await mailServer()
  await run(smtp(server.url))
  for (let id = 1; id <= 1000; id++) know(100 + id, { name: 'Tamu', email: null })
  const { rows } = await sql<{ now: string }>`select clock_timestamp() as now`.execute(db)
  for (let id = 1; id <= 1000; id++)
    feeds.order.add('order.expired', id, { user_id: 100 + id }).occurred_at = rows[0]!.now
  await eventually(async () => expect((await read()).rows).toEqual([{ after: 1000 }]))
  expect(await deliveries()).toEqual([])
  expect(asked.length).toBeLessThanOrEqual(10)
  expect(new Set(asked.flat()).size).toBe(1000)
})

test('while the user service is away events of orders go on, and who has no address is found out when it is back', async () => {
  const server = await mailServer()
  await run(smtp(server.url))
  areUsersAway = true
  await become('paid', 12, 2)
  await become('paid', 13, 1)
  await eventually(async () =>
    expect(await delivery('order-1')).toMatchObject({
      state: 'waiting',
      error: 'The user service cannot be reached',
      request: null,
    }),
  )
  areUsersAway = false
  await eventually(async () => {
    await hurry()
    expect(await delivery('order-1')).toMatchObject({
      state: 'skipped',
      error: 'No address of the customer is known',
      request: null,
      response_status: null,
    })
    expect(await delivery('order-2')).toMatchObject({ state: 'delivered' })
  })
  expect(server.arrived).toHaveLength(1)
})

test('what was before customers were told of anything is not told', async () => {
  const server = await mailServer()
  // Another receiver follows orders already, and is behind.
  await db
    .insertInto('subscriptions')
    .values({ url: 'https://example.com/', secret: 'whsec_c2VjcmV0', event_types: ['order.*'], is_active: true })
    .execute()
  await sql`insert into feed_positions (feed, after, missing) values ('order', 0, '[]')`.execute(db)
  await become('paid', 12, 1, '1 second')
  await run(smtp(server.url))
  await become('confirmed', 12)
  await eventually(() => expect(server.arrived).toHaveLength(1))
  expect(server.arrived[0]!.subject).toContain('dikonfirmasi')
  const mail = await db.selectFrom('subscriptions').select('id').where('kind', '=', 'message').executeTakeFirstOrThrow()
  expect((await deliveries()).filter(({ subscription_id }) => subscription_id === mail.id)).toHaveLength(1)
})

test('names that hold a header or a script change nothing of what arrives but the words', async () => {
  const server = await mailServer()
  know(1, { name: '<script>alert(1)</script>\r\nBcc: x@example.com', email: 'sari@example.com' })
  const channel = mailBySmtp(smtpServerOf(server.url)!, { ...from, name: 'Toko\r\nBcc: x@example.com' }, 5000)
  await run(channel)
  await become('paid', 12)
  await eventually(() => expect(server.arrived).toHaveLength(1))
  const [mail] = server.arrived
  expect(mail!.envelope.to).toEqual(['sari@example.com'])
  expect([mail!.bcc, mail!.cc]).toEqual([undefined, undefined])
  expect(mail!.headers.map(({ key }) => key)).not.toContain('bcc')
  expect(mail!.html).not.toMatch(/<script/i)
})

test('without a mail server each message is a file, which is the same file the next time', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kakilima-mail-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const receivers = await run(mailToFiles(join(folder, 'mail'), from))
  await become('paid', 12)
  await become('expired', 13, 2)
  await eventually(async () => expect(await delivery('order-1')).toMatchObject({ state: 'delivered' }))
  const { rows } = await sql<{ occurred_at: string }>`select occurred_at from events where id = 'order-1'`.execute(db)
  const name = `order-1.${Date.parse(rows[0]!.occurred_at)}.eml`
  expect(await readdir(join(folder, 'mail'))).toEqual([name])
  const file = join(folder, 'mail', name)
  expect((await stat(file)).mode & 0o077).toBe(0)
  const before = await readMailFile(file)
  expect(before).toMatchObject({ from, to: [{ address: 'sari@example.com' }], subject: expect.stringContaining('#12') })

  await resendDelivery(db, (await delivery('order-1'))!.id)
  receivers.wake()
  await eventually(async () => expect(await delivery('order-1')).toMatchObject({ state: 'delivered' }))
  expect(await readdir(join(folder, 'mail'))).toEqual([name])
  expect((await readMailFile(file)).messageId).toBe(before.messageId)
})

test('a change of the mail server is no reason to send products, and the password stands nowhere', async () => {
  const named = { name: 'mail', kind: 'message' as const, secret: '' }
  await keepEnvironmentReceivers(db, [{ ...named, url: 'file:///mail' }])
  const { url } = smtp('smtps://toko:rahasia@mail.example.com')
  await keepEnvironmentReceivers(db, [{ ...named, url }])
  const [row] = await db.selectFrom('subscriptions').selectAll().execute()
  expect(row).toMatchObject({ url: 'smtps://mail.example.com:465', sync_after: null, is_active: true, version: 2 })
  expect(JSON.stringify(row)).not.toContain('rahasia')
})
