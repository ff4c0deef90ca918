import { endpoints } from '@kakilima/contracts/endpoint'
import { IdPath } from '@kakilima/contracts/ids'
import { listQuery } from '@kakilima/contracts/lists'
import { problem } from '@kakilima/contracts/problems'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import Type from 'typebox'
import { afterEach, expect, test } from 'vitest'
import { clientOf } from './client-of.ts'
import { readConfig, serverSettings } from './config.ts'
import { createNeighbor, type Neighbor } from './http-client.ts'
import { pageBy } from './lists.ts'
import { buildServer, listen, type Server } from './server.ts'
import { serve, type Verb } from './serve.ts'

const Thing = Type.Object({ id: Type.Integer(), name: Type.String() })
const thingEndpoints = endpoints({
  findThing: {
    method: 'GET',
    path: '/things/:id',
    summary: 'One thing',
    params: IdPath,
    reply: Thing,
    problems: ['order-not-found', 'payment-not-found', 'order-state'],
  },
  listThings: {
    method: 'GET',
    path: '/things',
    summary: 'Things',
    query: Type.Object(listQuery),
    reply: Type.Array(Thing),
    page: 'after',
  },
  searchThings: {
    method: 'GET',
    path: '/things/found',
    summary: 'Things that fit',
    query: Type.Object({ text: Type.String(), cursor: Type.Optional(Type.String()) }),
    reply: Type.Array(Thing),
    page: 'cursor',
  },
  addThing: {
    method: 'POST',
    path: '/things',
    summary: 'Add a thing',
    body: Type.Object({ name: Type.String(), note: Type.Optional(Type.String()) }),
    headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
    reply: Thing,
    status: 201,
    location: '/things/:id',
    idempotent: false,
  },
  openThing: {
    method: 'POST',
    path: '/open',
    summary: 'Open',
    body: Thing,
    reply: Thing,
    status: [201, 200],
    location: '/things/:id',
    idempotent: true,
  },
  setThing: {
    method: 'PUT',
    path: '/things/:id',
    summary: 'Set',
    params: IdPath,
    reply: Thing,
    idempotent: true,
    tries: 2,
  },
  sendPicture: {
    method: 'PUT',
    path: '/picture',
    summary: 'A picture',
    consumes: ['image/png'],
    body: Type.Unsafe<Uint8Array>({}),
    headers: Type.Object({ 'content-type': Type.String() }),
    reply: Type.Object({ bytes: Type.Integer() }),
    idempotent: true,
  },
  printThings: { method: 'GET', path: '/print', summary: 'As text' },
})
type Things = typeof thingEndpoints

const endings: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0)) await end()
})

async function newApp(): Promise<Server> {
  const config = readConfig(Type.Object(serverSettings(0)), testEnvironment())
  const app = await buildServer({ name: 'test', config, logger: silentLogger(), checkReady: async () => {} })
  endings.unshift(() => app.close())
  return app
}

/** The calls of an app, over the network. */
async function callsOf(app: Server, options: { timeoutMs?: number } = {}) {
  const port = await listen(app, readConfig(Type.Object(serverSettings(0)), testEnvironment()))
  const neighbor: Neighbor = createNeighbor({
    name: 'test',
    url: `http://127.0.0.1:${port}`,
    token: undefined,
    ...options,
  })
  endings.unshift(() => neighbor.close())
  return clientOf(thingEndpoints, neighbor)
}

const thing = (id: number) => ({ id, name: `Thing ${id}` })
const away = () => problem('database-unavailable')

test('a verb is given what is declared and nothing else, and its reply comes back as declared', async () => {
  const app = await newApp()
  const given: unknown[] = []
  const addThing: Verb<Things['addThing']> = async (input) => {
    given.push(input)
    return { ...thing(7), secret: 'not declared' } as never
  }
  serve(app, thingEndpoints.addThing, addThing)
  serve(app, thingEndpoints.findThing, async (input) => {
    given.push(input)
    return thing(input.params.id)
  })
  const things = await callsOf(app)
  const body = { name: 'Payung', note: undefined }
  expect(await things.addThing({ body, headers: { 'idempotency-key': 'abc' } })).toEqual(thing(7))
  expect(await things.findThing({ params: { id: 5 } })).toEqual(thing(5))
  expect(given).toEqual([{ body: { name: 'Payung' }, headers: { 'idempotency-key': 'abc' } }, { params: { id: 5 } }])
})

test('what was made is answered 201 with where it is; what was there already 200', async () => {
  const app = await newApp()
  serve(app, thingEndpoints.addThing, async () => thing(7))
  serve(app, thingEndpoints.openThing, async ({ body }) => ({ isNew: body.id === 1, reply: body }))
  const things = await callsOf(app)
  const post = (url: string, payload: object) => app.inject({ method: 'POST', url, payload })
  const added = await post('/things', { name: 'Payung' })
  expect([added.statusCode, added.headers.location]).toEqual([201, '/things/7'])
  for (const [id, status] of [
    [1, 201],
    [2, 200],
  ] as const) {
    const opened = await post('/open', thing(id))
    expect([opened.statusCode, opened.headers.location]).toEqual([status, `/things/${id}`])
    expect(await things.openThing({ body: thing(id) })).toEqual({ isNew: status === 201, reply: thing(id) })
  }
})

test('a list is answered as an array whose Link names the next page, and called as a page', async () => {
  const app = await newApp()
  serve(app, thingEndpoints.listThings, async ({ query: { after = 0 } }) =>
    pageBy('after', { rows: [thing(after + 1), thing(after + 2)], hasMore: after < 2 }),
  )
  serve(app, thingEndpoints.searchThings, async ({ query: { cursor } }) =>
    cursor === 'b=2'
      ? { rows: [], next: undefined, total: 3 }
      : { rows: [thing(1)], next: { cursor: 'b=2' }, total: 3 },
  )
  const answer = await app.inject('/things?limit=2')
  expect(answer.json()).toEqual([thing(1), thing(2)])
  expect(answer.headers.link).toBe('</things?limit=2&after=2>; rel="next"')
  const things = await callsOf(app)
  const first = await things.listThings()
  expect(first).toEqual({ rows: [thing(1), thing(2)], next: { after: 2 } })
  expect(await things.listThings({ query: { limit: 2, ...first.next } })).toEqual({
    rows: [thing(3), thing(4)],
    next: undefined,
  })
  const found = await things.searchThings({ query: { text: 'a' } })
  expect(found).toEqual({ rows: [thing(1)], next: { cursor: 'b=2' }, total: 3 })
  expect(await things.searchThings({ query: { text: 'a', ...found.next } })).toEqual({
    rows: [],
    next: undefined,
    total: 3,
  })
})

test('bytes go out as they are, as what they are said to be', async () => {
  const app = await newApp()
  app.addContentTypeParser('image/png', { parseAs: 'buffer' }, (_, body, done) => done(null, body))
  serve(app, thingEndpoints.sendPicture, async ({ body }) => ({ bytes: body.length }))
  const things = await callsOf(app)
  const input = { body: new Uint8Array([1, 2, 3]), headers: { 'content-type': 'image/png' } }
  expect(await things.sendPicture(input)).toEqual({ bytes: 3 })
})

test('what is not declared to be JSON is answered by the verb itself, and is no call', async () => {
  const app = await newApp()
  serve(app, thingEndpoints.printThings, async (_input, _request, reply) => reply.type('text/plain').send('Payung'))
  const answer = await app.inject('/print')
  expect([answer.body, answer.headers['content-type']]).toEqual(['Payung', 'text/plain'])
  // @ts-expect-error there is no such call
  const { printThings } = await callsOf(app)
  expect(printThings).toBeDefined()
})

test('a call is tried again only where the endpoint may be repeated, and as often as it says', async () => {
  const app = await newApp()
  const asked: string[] = []
  const refuse = (name: string) => async () => {
    asked.push(name)
    throw away()
  }
  serve(app, thingEndpoints.findThing, refuse('find'))
  serve(app, thingEndpoints.addThing, refuse('add'))
  serve(app, thingEndpoints.setThing, refuse('set'))
  const things = await callsOf(app)
  for (const call of [
    () => things.findThing({ params: { id: 1 } }),
    () => things.addThing({ body: { name: 'Payung' } }),
    () => things.setThing({ params: { id: 1 } }),
  ])
    await expect(call()).rejects.toMatchObject({ type: 'neighbor-unavailable' })
  expect(asked).toEqual(['find', 'find', 'find', 'add', 'set', 'set'])
})

test('the API is described with the name of each operation and what it may be refused for', async () => {
  const app = await newApp()
  serve(app, thingEndpoints.findThing, async ({ params }) => thing(params.id))
  serve(app, thingEndpoints.openThing, async ({ body }) => ({ isNew: false, reply: body }))
  serve(app, thingEndpoints.sendPicture, async () => ({ bytes: 0 }))
  await app.ready()
  const { paths, components } = (await app.inject('/openapi.json')).json()
  const { operationId, responses } = paths['/things/{id}'].get
  expect(operationId).toBe('findThing')
  expect(Object.keys(responses)).toEqual(['200', '404', '409'])
  expect(responses['404'].description).toBe(
    '`/problems/order-not-found`: Order not found\n\n`/problems/payment-not-found`: Payment not found',
  )
  const { $ref } = responses['404'].content['application/problem+json'].schema
  expect($ref).toBe('#/components/schemas/Problem')
  expect(components.schemas.Problem.required).toContain('detail')
  expect(Object.keys(paths['/open'].post.responses)).toEqual(['200', '201'])
  expect(Object.keys(paths['/picture'].put.requestBody.content)).toEqual(['image/png'])
})
