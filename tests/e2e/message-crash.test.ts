import { insertOrder } from '@kakilima/testkit/builders'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { cloneDatabase, openTestDatabase } from '@kakilima/testkit/database-per-file'
import { type MailServer, startMailServer } from '@kakilima/testkit/mail-server'
import { freeAddresses, type ServiceProcess, startService } from '@kakilima/testkit/shop'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'

const names = ['user', 'inventory', 'order', 'webhook'] as const
const databases = { user: '', inventory: '', order: '', webhook: '' }
for (const name of names) databases[name] = await cloneDatabase(name)
const orderDb = await openTestDatabase<any>(databases.order, 2)
const webhookDb = await openTestDatabase<any>(databases.webhook, 2)
const urls = await freeAddresses()
const running = new Map<string, ServiceProcess>()
let server: MailServer

async function start(name: (typeof names)[number]): Promise<void> {
  const service = await startService(name, {
    USER_URL: urls.user,
    INVENTORY_URL: urls.inventory,
    ORDER_URL: urls.order,
    PAYMENT_URL: urls.payment,
    DATABASE_URL: databases[name],
    PORT: new URL(urls[name]).port,
    SMTP_URL: server.url,
    MAIL_FROM: 'toko@example.com',
    // What somebody had who is gone is taken over after twice that and five seconds.
    MAIL_TIMEOUT_SECONDS: '2',
    LOG_LEVEL: 'warn',
  })
  running.set(name, service)
}

beforeAll(async () => {
  server = await startMailServer()
  await Promise.all(names.map(start))
  await waitFor(
    async () => (await sql`select from feed_positions where feed = 'order'`.execute(webhookDb)).rows.length,
    (followed) => followed === 1,
  )
}, 180_000)

afterAll(async () => {
  await Promise.all([...running.values()].map((service) => service.stop()))
  await server.stop()
})

test('a process that is killed between the sending and the noting sends the message again under the same name', async () => {
  const sari = { name: 'Sari', email: 'sari@example.com', password: 'rahasia besar' }
  const { body: account } = await callerOf(urls).post('user', '/accounts', sari)
  server.answer = (at) => (at === 'DATA' ? new Promise(() => undefined) : undefined)
  await insertOrder(orderDb, 12, { status: 'paid', user_id: account.id })
  await waitFor(
    async () => server.received.length,
    (received) => received > 0,
  )
  await running.get('webhook')!.kill()
  server.answer = () => undefined
  await start('webhook')
  await waitFor(
    async () => (await webhookDb.selectFrom('deliveries').select('state').execute()).map(({ state }) => state),
    (states) => states.length === 1 && states[0] === 'delivered',
  )
  const ids = server.received.map(({ messageId }) => messageId)
  expect(ids.length).toBeGreaterThan(1)
  expect(new Set(ids)).toEqual(new Set([server.arrived[0]!.messageId]))
  expect(server.arrived).toHaveLength(1)
}, 180_000)
