import { endpoints } from '@kakilima/contracts/endpoint'
import { IdPath } from '@kakilima/contracts/ids'
import { listQuery } from '@kakilima/contracts/lists'
import { buildServer, type Server } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import Type from 'typebox'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readGatewayConfig } from './config.ts'
import { publish } from './publish.ts'

const Thing = Type.Object({ id: Type.Integer() })
const body = Type.Object({ name: Type.String() })
const rows = Type.Array(Thing)
const thingEndpoints = endpoints({
  listThings: {
    method: 'GET',
    path: '/things',
    public: true,
    summary: 'Things',
    query: Type.Object(listQuery),
    reply: rows,
    page: 'after',
  },
  searchThings: {
    method: 'GET',
    path: '/things/found',
    public: true,
    summary: 'Things that fit',
    query: Type.Object({ limit: Type.Optional(Type.Integer()), cursor: Type.Optional(Type.String()) }),
    reply: rows,
    page: 'cursor',
  },
  addThing: {
    method: 'POST',
    path: '/things',
    public: true,
    summary: 'Add',
    body,
    reply: Thing,
    status: 201,
    location: '/things/:id',
    idempotent: false,
  },
  addPart: {
    method: 'POST',
    path: '/parts',
    public: '/api/v1/things/parts',
    summary: 'Add',
    body,
    reply: Thing,
    status: 201,
    location: '/parts/:id',
    idempotent: false,
  },
  copyThing: {
    method: 'POST',
    path: '/things/:id/copy',
    public: true,
    summary: 'Copy',
    params: IdPath,
    reply: Thing,
    status: 201,
    location: '/things/:id',
    idempotent: false,
  },
})

let app: Server
beforeEach(async () => {
  const config = readGatewayConfig(
    testEnvironment({
      ORDER_DATABASE_URL: 'postgres://unused',
      JWT_SECRETS: 'signs-the-tokens-of-this-test-and-no-others',
    }),
  )
  app = await buildServer({
    name: 'test',
    config,
    logger: silentLogger(),
    checkReady: async () => {},
    publicOrigins: [],
  })
})
afterEach(() => app.close())

const post = (url: string, payload?: object) => app.inject({ method: 'POST', url, ...(payload && { payload }) })

test('what the endpoint does not name is not passed on', async () => {
  const given: unknown[] = []
  publish(app, thingEndpoints.addThing, async (input) => {
    given.push(input)
    return { id: 7 }
  })
  publish(app, thingEndpoints.searchThings, async (input) => {
    given.push(input)
    return { rows: [], next: undefined }
  })
  await post('/api/v1/things', { name: 'Payung', role: 'admin' })
  await app.inject('/api/v1/things/found?cursor=a&role=admin')
  // A list that is paged by a cursor is as long as its service makes it.
  expect(given).toEqual([{ body: { name: 'Payung' } }, { query: { cursor: 'a' } }])
})

test('a list that is paged by ids holds 100 rows unless the caller says how many, and its next page is a public one', async () => {
  const limits: unknown[] = []
  publish(app, thingEndpoints.listThings, async ({ query }) => {
    limits.push(query.limit)
    return { rows: [{ id: 3 }], next: { after: 3 } }
  })
  const answer = await app.inject('/api/v1/things')
  expect([answer.json(), answer.headers.link]).toEqual([[{ id: 3 }], '</api/v1/things?after=3>; rel="next"'])
  await app.inject('/api/v1/things?limit=7')
  expect(limits).toEqual([100, 7])
})

test('what was made is found at a public path', async () => {
  publish(app, thingEndpoints.addThing, async () => ({ id: 7 }))
  publish(app, thingEndpoints.addPart, async () => ({ id: 8 }))
  publish(app, thingEndpoints.copyThing, async () => ({ id: 9 }), { location: '/api/v1/desk/things/:id' })
  const locations = [
    await post('/api/v1/things', { name: 'Payung' }),
    await post('/api/v1/things/parts', { name: 'Gagang' }),
    await post('/api/v1/things/7/copy'),
  ].map(({ statusCode, headers }) => `${statusCode} ${headers.location}`)
  expect(locations).toEqual(['201 /api/v1/things/7', '201 /api/v1/things/parts/8', '201 /api/v1/desk/things/9'])
})
