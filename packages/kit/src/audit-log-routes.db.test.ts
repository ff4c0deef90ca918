import { request } from 'node:http'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { insertProduct } from '@kakilima/testkit/builders'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { type Kysely, sql } from 'kysely'
import Type from 'typebox'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { auditLogRoutes } from './audit-log-routes.ts'
import { changeAsStaff } from './audit-log.ts'
import { readConfig, serverSettings } from './config.ts'
import { buildServer, listen } from './server.ts'

// One connection, so that requests wait for each other's.
const db: Kysely<any> = await testDatabase<any>('inventory', 1)
const config = readConfig(Type.Object(serverSettings(0)), testEnvironment())
const app = await buildServer({ name: 'test', config, logger: silentLogger(), checkReady: async () => {} })
auditLogRoutes(app, db)
app.put('/prices/:id', { schema: { body: Type.Object({ price: Type.Integer() }) } }, async (asked) => {
  const id = Number((asked.params as { id: string }).id)
  await changeAsStaff(db, { action: 'product.update', table: 'products', id }, (tx) =>
    tx.updateTable('products').set({ price: asked.body.price }).where('id', '=', id).execute(),
  )
  return {}
})
const port = await listen(app, config)
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate audit_log restart identity`.execute(db)
})

const range = (length: number) => Array.from({ length }, (_, index) => index + 1)

/** Sends a price in two pieces, the second of which comes once the first has left. */
function putPrice(id: number, price: number, headers: Record<string, string>): Promise<number> {
  const body = JSON.stringify({ price })
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', method: 'PUT', path: `/prices/${id}`, headers }, (answer) =>
      answer.resume().once('end', () => resolve(answer.statusCode!)),
    ).once('error', reject)
    sent.write(body.slice(0, 5), () => sent.end(body.slice(5)))
  })
}

async function list(query = '') {
  const answer = await app.inject(`/audit-log${query}`)
  expect(answer.statusCode, answer.body).toBe(200)
  return { entries: answer.json<Record<string, any>[]>(), link: answer.headers.link as string | undefined }
}

test('of requests that come at once each is noted with its own actor', async () => {
  const products = await Promise.all(range(30).map((n) => insertProduct(db, { price: 1000 + n })))
  const statuses = await Promise.all(
    products.map((id, index) =>
      putPrice(id, index, {
        'content-type': 'application/json',
        'x-actor-id': String(100 + index),
        'x-request-id': `r${index}`,
      }),
    ),
  )
  expect(new Set(statuses)).toEqual(new Set([200]))
  const { entries } = await list()
  expect(entries).toHaveLength(30)
  for (const { actor_id, request_id, after } of entries)
    expect([actor_id, request_id]).toEqual([100 + after.price, `r${after.price}`])
})

test.each(['', '0', '-1', '1.5', 'staff', '9007199254740993', '1, 2'])('nobody is named by %j', async (given) => {
  const id = await insertProduct(db)
  await putPrice(id, 7, { 'content-type': 'application/json', 'x-actor-id': given })
  expect((await list()).entries).toMatchObject([{ actor_id: null, subject_id: id, after: { price: 7 } }])
})

test('the log is read from the newest on, page by page, and of one actor or one subject', async () => {
  const [one, other] = [await insertProduct(db), await insertProduct(db)]
  for (const n of range(5)) {
    const actor = { 'content-type': 'application/json', 'x-actor-id': String(n % 2) }
    await putPrice(n === 5 ? other : one, n, actor)
  }
  const idsOf = (entries: Record<string, any>[]) => entries.map(({ id }) => id)
  expect(idsOf((await list()).entries)).toEqual([5, 4, 3, 2, 1])
  expect((await list('?limit=5')).link).toBeUndefined()
  const first = await list('?limit=3')
  expect([idsOf(first.entries), first.link]).toEqual([[5, 4, 3], '</audit-log?limit=3&before=3>; rel="next"'])
  const second = await list('?limit=3&before=3')
  expect([idsOf(second.entries), second.link]).toEqual([[2, 1], undefined])
  expect(idsOf((await list('?actor_id=1')).entries)).toEqual([5, 3, 1])
  expect(idsOf((await list(`?subject=product:${other}`)).entries)).toEqual([5])
  expect(idsOf((await list(`?subject=order:${other}`)).entries)).toEqual([])
})

test.each(['limit=0', 'limit=1001', 'before=0', 'actor_id=x', 'subject=product', 'subject=product:0'])(
  'a query with %s is refused',
  async (query) => {
    expect((await app.inject(`/audit-log?${query}`)).statusCode).toBe(422)
  },
)
