import { callerOf } from '@kakilima/testkit/call'
import type { ServiceName } from '@kakilima/testkit/database-per-file'
import { type RawAnswer, rawRequest } from '@kakilima/testkit/raw-request'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'

const missing = Symbol('missing')
const nobody = 999_999_999
const wrongTypes = [null, [], [1], {}, true]
const noInteger = [...wrongTypes, '1', 'abc', 1.5, -1.5, 1e300, 2 ** 53]

/** Values that a field of a kind must not take. */
const bad = {
  id: [missing, ...noInteger, 0, -1],
  optionalId: [...noInteger, 0, -1],
  quantity: [...noInteger, 0, -1, 1001, 2 ** 31],
  units: [missing, ...noInteger, -1, 1e12],
  price: [missing, ...noInteger, -1, 1_000_000_000_001],
  signed: [missing, ...noInteger, 1e12, -1e12],
  name: [missing, ...wrongTypes, 1, '', '   ', '\t\n', 'x'.repeat(201), 'a\u0000b'],
  text: [[], {}, true, 1, 'x'.repeat(20_000), 'a\u0000b'],
  phone: [missing, ...wrongTypes, 1, '', 'abc', '12', '0'.repeat(50), '\u0000081234567890'],
  optionalPhone: [...wrongTypes, 1, 'abc', '12', '0'.repeat(50), '\u0000081234567890'],
  email: [
    missing,
    ...wrongTypes,
    1,
    '',
    'abc',
    '@',
    'a@',
    '@b.id',
    'a b@c.id',
    'a@b.id\ncc: c@d.id',
    `${'a'.repeat(250)}@b.id`,
  ],
  newPassword: [missing, ...wrongTypes, 1, '', '1234567', 'x'.repeat(201)],
  password: [missing, ...wrongTypes, 1, 'x'.repeat(1001)],
  weight: [[], {}, true, '1', 1.5, -1, 1e300],
  status: [[], {}, true, 1, '', 'PUBLISHED', 'gone'],
  method: [...wrongTypes, 1, '', 'cash', 'BITCOIN'],
  requiredMethod: [missing, ...wrongTypes, 1, '', 'cash', 'BITCOIN'],
  boolean: [missing, null, [], {}, 1, 0, 'true', ''],
  who: [missing, ...wrongTypes, 1, '', 'admin'],
  reference: [missing, ...wrongTypes, 1, '', '   ', 'x'.repeat(201), 'a\u0000b'],
  items: [
    null,
    {},
    'abc',
    1,
    [],
    [null],
    [1],
    [{}],
    [{ product_id: 1 }],
    [{ quantity: 1 }],
    Array.from({ length: 101 }, () => ({ product_id: 1, quantity: 1 })),
  ],
  ids: [missing, null, {}, 'abc', 1, [], [null], ['1'], [0], [-1], [1.5], [2 ** 53], Array(1001).fill(1)],
  orders: [
    missing,
    null,
    {},
    'abc',
    1,
    [],
    [null],
    [{}],
    [{ order_id: 1, lines: [] }],
    [{ order_id: 1, lines: [{ product_id: 1, quantity: 0 }] }],
  ],
  outcomes: [
    missing,
    null,
    {},
    'abc',
    [],
    [{}],
    [{ order_id: 1, outcome: 'won', paid_by_payment_id: null }],
    [{ order_id: 0, outcome: 'paid', paid_by_payment_id: 1 }],
  ],
}

type Field = keyof typeof bad
type Route = {
  service: ServiceName
  method: 'POST' | 'PUT' | 'GET' | 'DELETE'
  /** `:id` stands for the id of a thing that is there, which no bad request may change. */
  path: string
  /** What the parts of a good body are. */
  fields?: Record<string, Field>
  /** Query parameters and what they must not be. */
  query?: Record<string, string[]>
  /** Its effect on an unknown id is none, and no failure either: internal routes that take what they know of a list. */
  ignoresUnknown?: boolean
}

const paging = { limit: ['0', '-1', 'abc', '1.5', '1001', '9007199254740993'], after: ['-1', 'abc', '1.5'] }
const idLists = ['abc', '1,', ',1', '0', '-1', '1;2', '1,2,x', '1 2']
const productFields = {
  name: 'name',
  price: 'price',
  stock: 'units',
  description: 'text',
  sku: 'text',
  category: 'text',
  image: 'text',
  status: 'status',
  weight_grams: 'weight',
} as const

const routes: Route[] = [
  { service: 'user', method: 'POST', path: '/users', fields: { name: 'name', phone: 'phone' } },
  { service: 'user', method: 'GET', path: '/users', query: { ...paging, ids: idLists } },
  { service: 'user', method: 'GET', path: '/users/:id' },
  {
    service: 'user',
    method: 'POST',
    path: '/accounts',
    fields: { name: 'name', email: 'email', password: 'newPassword', phone: 'optionalPhone' },
  },
  { service: 'user', method: 'GET', path: '/accounts/:id' },
  {
    service: 'user',
    method: 'PUT',
    path: '/accounts/:id/password',
    fields: { current_password: 'password', new_password: 'newPassword' },
  },
  { service: 'user', method: 'POST', path: '/accounts/:id/ban' },
  { service: 'user', method: 'DELETE', path: '/accounts/:id/ban' },
  { service: 'user', method: 'POST', path: '/sessions', fields: { email: 'email', password: 'password' } },
  { service: 'user', method: 'POST', path: '/guests', fields: { name: 'name', phone: 'phone' } },
  { service: 'user', method: 'POST', path: '/sessions/:id/renewal', ignoresUnknown: true },
  { service: 'user', method: 'DELETE', path: '/sessions/:id', ignoresUnknown: true },
  { service: 'user', method: 'GET', path: '/sessions/ended', query: { after: ['-1', 'abc', '1.5'] } },

  { service: 'inventory', method: 'POST', path: '/products', fields: productFields },
  {
    service: 'inventory',
    method: 'GET',
    path: '/products',
    query: { ...paging, ids: idLists, status: ['gone', ''], search: ['a%00b', 'x'.repeat(201)], category: ['%00'] },
  },
  { service: 'inventory', method: 'GET', path: '/products/:id' },
  { service: 'inventory', method: 'PUT', path: '/products/:id', fields: productFields },
  { service: 'inventory', method: 'DELETE', path: '/products/:id' },
  { service: 'inventory', method: 'PUT', path: '/products/:id/stock', fields: { quantity: 'signed' } },
  {
    service: 'inventory',
    method: 'GET',
    path: '/products/:id/check-stock',
    query: { quantity: ['0', '-1', 'abc', '1.5', '1001', '9007199254740993'] },
  },
  { service: 'inventory', method: 'POST', path: '/reservations/decisions', fields: { orders: 'orders' } },
  { service: 'inventory', method: 'POST', path: '/reservations/releases', fields: { order_ids: 'ids' } },
  { service: 'inventory', method: 'POST', path: '/reservations/consumptions', fields: { order_ids: 'ids' } },

  { service: 'order', method: 'POST', path: '/orders', fields: { user_id: 'id', items: 'items' } },
  {
    service: 'order',
    method: 'POST',
    path: '/orders',
    fields: { user_id: 'id', product_id: 'id', quantity: 'quantity' },
  },
  {
    service: 'order',
    method: 'GET',
    path: '/orders',
    query: { ...paging, status: ['gone', 'PAID'], user_id: ['0', 'abc', '-1'] },
  },
  {
    service: 'order',
    method: 'GET',
    path: '/orders/newest',
    query: { limit: ['0', 'abc', '1001'], before: ['0', '-1', 'abc'], user_id: ['0', 'abc'] },
  },
  { service: 'order', method: 'GET', path: '/orders/:id' },
  { service: 'order', method: 'GET', path: '/orders/:id/detail' },
  { service: 'order', method: 'GET', path: '/orders/user/:user_id', ignoresUnknown: true },
  { service: 'order', method: 'GET', path: '/orders/unconfirmed/list' },
  { service: 'order', method: 'PUT', path: '/orders/:id/payment', fields: { payment_status: 'boolean' } },
  { service: 'order', method: 'PUT', path: '/orders/:id/confirm' },
  { service: 'order', method: 'POST', path: '/orders/:id/cancellation', fields: { by: 'who' } },
  { service: 'order', method: 'PUT', path: '/orders/:id/payment-method', fields: { payment_method: 'requiredMethod' } },
  {
    service: 'order',
    method: 'POST',
    path: '/orders/:id/payments',
    fields: { payment_id: 'id', payment_method: 'requiredMethod' },
  },
  { service: 'order', method: 'GET', path: '/parked-orders' },
  { service: 'order', method: 'POST', path: '/parked-orders/:id/replay' },
  { service: 'order', method: 'POST', path: '/parked-orders/:id/rejection' },

  { service: 'payment', method: 'POST', path: '/payments', fields: { order_id: 'id', payment_method: 'method' } },
  { service: 'payment', method: 'POST', path: '/payments/confirm', fields: { payment_id: 'id' } },
  {
    service: 'payment',
    method: 'GET',
    path: '/payments',
    query: { ...paging, order_id: ['0', 'abc'], state: ['gone'] },
  },
  { service: 'payment', method: 'GET', path: '/payments/:id' },
  { service: 'payment', method: 'GET', path: '/payments/order/:order_id', ignoresUnknown: true },
  { service: 'payment', method: 'POST', path: '/payments/:id/receipt', fields: { reference: 'reference' } },
  { service: 'payment', method: 'POST', path: '/payments/:id/refund', fields: { reference: 'reference' } },
  { service: 'payment', method: 'POST', path: '/payments/outcomes', fields: { orders: 'outcomes' } },
]

let shop: Shop
let api: ReturnType<typeof callerOf>
/** A thing of each kind that is there, to be left alone. */
const there: Record<string, number> = {}
let before: unknown

beforeAll(async () => {
  shop = await startShop({ demo: false, env: { PAYMENT_WINDOW_SECONDS: '0' } })
  api = callerOf(shop.urls)
  there.user = (await api.post('user', '/users', { name: 'Sari', phone: '081234567890' })).body.id
  there.inventory = (
    await api.post('inventory', '/products', { name: 'Tas Ransel', price: 150_000, stock: 15 })
  ).body.id
  const order = await api.post('order', '/orders', { user_id: there.user, product_id: there.inventory, quantity: 2 })
  there.order = order.body.id
  there.payment = (await api.post('payment', '/payments', { order_id: there.order, payment_method: 'QRIS' })).body.id
  before = await everything()
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

/** All that the shop shows of what it holds. */
async function everything(): Promise<unknown> {
  const lists = ['/users', '/products', '/orders', '/payments']
  const services = ['user', 'inventory', 'order', 'payment'] as const
  return Promise.all(services.map(async (service, index) => (await api.get(service, lists[index]!)).body))
}

const goodValues: Record<Field, unknown> = {
  id: nobody,
  optionalId: nobody,
  quantity: 1,
  units: 1,
  price: 1000,
  signed: 1,
  name: 'Topi',
  text: 'topi',
  phone: '081234567891',
  optionalPhone: '081234567891',
  email: 'nobody@example.com',
  newPassword: 'kata sandi',
  password: 'kata sandi',
  weight: 100,
  status: 'draft',
  method: 'CASH',
  requiredMethod: 'CASH',
  boolean: true,
  who: 'customer',
  reference: 'transfer 1',
  items: [{ product_id: nobody, quantity: 1 }],
  ids: [nobody],
  orders: [{ order_id: nobody, lines: [{ product_id: nobody, quantity: 1 }] }],
  outcomes: [{ order_id: nobody, outcome: 'paid', paid_by_payment_id: null }],
}

const json = { 'content-type': 'application/json' }

function send(
  { service, method }: Route,
  path: string,
  body?: string,
  headers: Record<string, string> = json,
): Promise<RawAnswer> {
  return rawRequest(shop.urls[service] + path, {
    method,
    headers: body === undefined ? {} : headers,
    ...(body !== undefined && { body }),
  })
}

function goodBody({ fields }: Route): Record<string, unknown> | undefined {
  if (fields === undefined) return undefined
  return Object.fromEntries(Object.entries(fields).map(([name, kind]) => [name, goodValues[kind]]))
}

function idIn(path: string): string | undefined {
  return /:(\w+)/.exec(path)?.[0]
}

/** The path with an id in it that is there, or with the one given. */
function fill({ service, path }: Route, id: string | number = there[service]!): string {
  return path.replace(/:\w+/, String(id))
}

function expectProblem(answer: RawAnswer, what: string, allowed?: number[]): void {
  const said = `${what} → ${answer.status} ${answer.text.slice(0, 300)}`
  expect(answer.status, said).toBeGreaterThanOrEqual(400)
  expect(answer.status, said).toBeLessThan(500)
  if (allowed !== undefined) expect(allowed, said).toContain(answer.status)
  expect(answer.headers['content-type'], said).toContain('application/problem+json')
  const problem = JSON.parse(answer.text)
  expect(problem, said).toMatchObject({
    type: expect.stringMatching(/^\/problems\//),
    title: expect.any(String),
    status: answer.status,
  })
  expect(problem.detail, said).toEqual(expect.stringMatching(/\S/))
  expect(problem.instance, said).toBe(answer.headers['x-request-id'])
}

test('every route of every service stands in the table', async () => {
  const known = new Set(
    routes.map(({ service, method, path }) => `${service} ${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
  )
  for (const service of ['user', 'inventory', 'order', 'payment'] as const) {
    const { body } = await api.get(service, '/openapi.json')
    for (const [path, methods] of Object.entries<object>(body.paths)) {
      for (const method of Object.keys(methods)) expect(known).toContain(`${service} ${method.toUpperCase()} ${path}`)
    }
  }
})

const named = (route: Route) =>
  [`${route.service} ${route.method} ${route.path} ${Object.keys(route.fields ?? {}).join()}`, route] as const

test.each(routes.filter((route) => route.fields !== undefined).map(named))('%s: bad bodies', async (_name, route) => {
  const good = goodBody(route)!
  for (const [field, kind] of Object.entries(route.fields!)) {
    // A change may leave any field out.
    const isChange = route.method === 'PUT' && route.path === '/products/:id'
    for (const value of bad[kind]) {
      if (value === missing && isChange) continue
      const { [field]: _, ...rest } = good
      // Lines of a body that has both forms would hide what is wrong with one.
      const body = JSON.stringify(value === missing ? rest : { ...rest, [field]: value })
      expectProblem(await send(route, fill(route), body), `${field} ${body.slice(0, 200)}`, [422])
    }
  }
  for (const body of ['null', '[]', '"x"', '1', 'true'])
    expectProblem(await send(route, fill(route), body), body, [422])
  for (const body of [
    '{',
    '{"a":}',
    "{'a':1}",
    '{"a":1,}',
    'undefined',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{}}}',
  ]) {
    expectProblem(await send(route, fill(route), body), body, [400, 422])
  }
  expectProblem(await send(route, fill(route), ''), 'an empty body', [422])
  expectProblem(await send(route, fill(route), '['.repeat(100_000)), 'a deep body', [400])
  expectProblem(
    await send(route, fill(route), JSON.stringify({ ...good, more: 'x'.repeat(2 ** 20) })),
    'a huge body',
    [413],
  )
  for (const type of [
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'nonsense',
  ]) {
    expectProblem(await send(route, fill(route), JSON.stringify(good), { 'content-type': type }), type, [415])
  }
})

test.each(routes.filter((route) => idIn(route.path) !== undefined).map(named))('%s: bad ids', async (_name, route) => {
  const good = goodBody(route)
  const body = good && JSON.stringify(good)
  for (const id of [
    'abc',
    '0',
    '-1',
    '1.5',
    '%00',
    '%27',
    '9007199254740992',
    '99999999999999999999',
    'null',
    '1%20or%201=1',
    'x'.repeat(150),
  ]) {
    expectProblem(await send(route, fill(route, id), body), id, [404, 422])
  }
  if (!route.ignoresUnknown) expectProblem(await send(route, fill(route, nobody), body), 'an unknown id', [404])
  expectProblem(await send(route, fill(route, 'x'.repeat(5000)), body), 'a very long id', [404, 414])
  expectProblem(await send(route, fill(route, '%E0%A4%A'), body), 'a broken escape', [400])
})

test.each(routes.filter((route) => route.query !== undefined).map(named))('%s: bad queries', async (_name, route) => {
  for (const [parameter, values] of Object.entries(route.query!)) {
    for (const value of values) {
      expectProblem(await send(route, `${fill(route)}?${parameter}=${value}`), `${parameter}=${value}`, [422])
    }
  }
})

test.each(routes.map(named))('%s: strangers', async (_name, route) => {
  const good = goodBody(route)
  const body = good && JSON.stringify(good)
  for (const host of [
    'evil.example',
    'evil.example:8001',
    'localhost.evil.example',
    '169.254.169.254',
    '127.0.0.1.nip.io',
  ]) {
    expectProblem(await send(route, fill(route), body ?? '', { ...json, host }), `Host ${host}`, [421])
  }
  for (const origin of [
    'https://evil.example',
    'http://localhost.evil.example',
    'http://evil.example:8001',
    'file://',
  ]) {
    const answer = await send(route, fill(route), body ?? '', { ...json, origin })
    expect(answer.headers['access-control-allow-origin'], origin).toBeUndefined()
    if (route.method !== 'GET') expectProblem(answer, `Origin ${origin}`, [403])
  }
})

test('nothing of all this has changed anything', async () => {
  expect(await everything()).toEqual(before)
})
