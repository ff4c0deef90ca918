import { callerOf } from '@kakilima/testkit/call'
import { pngOf } from '@kakilima/testkit/png'
import { type RawAnswer, rawRequest } from '@kakilima/testkit/raw-request'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { bad, type Field, goodValues, missing, nobody, type Route, routes } from './bad-input-table.ts'
import { newGuest, type Signed, signIn } from './people.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
/** A thing of each kind that is there, to be left alone. It belongs to the customer who is signed in at the gateway. */
const there: Record<string, number> = {}
let signed: Record<NonNullable<Route['as']>, Signed>
let before: unknown

beforeAll(async () => {
  const env = { PAYMENT_WINDOW_SECONDS: '0', ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin' }
  shop = await startShop({ demo: false, env })
  api = callerOf(shop.urls)
  const customer = await newGuest(api)
  signed = { customer: customer.headers, admin: await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD) }
  there.user = customer.id
  there.staff = (await api.get('gateway', '/api/v1/me', signed.admin)).body.id
  there.inventory = (
    await api.post('inventory', '/products', { name: 'Tas Ransel', price: 150_000, stock: 15 })
  ).body.id
  there.category = (await api.post('inventory', '/categories', { name: 'Tas & Koper' })).body.id
  const order = await api.post('order', '/orders', { user_id: there.user, product_id: there.inventory, quantity: 2 })
  there.order = order.body.id
  there.payment = (await api.post('payment', '/payments', { order_id: there.order, payment_method: 'QRIS' })).body.id
  const receiver = { url: 'https://receiver.invalid/', event_types: ['payment.expired'], is_active: false }
  there.subscription = (await api.post('webhook', '/subscriptions', receiver)).body.id
  // None can be made from outside.
  there.delivery = nobody
  before = await everything()
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

/** All that the shop shows of what it holds. */
async function everything(): Promise<unknown> {
  const lists = ['/users', '/staff', '/products', '/orders', '/payments', '/categories', '/subscriptions']
  const services = ['user', 'user', 'inventory', 'order', 'payment', 'inventory', 'webhook'] as const
  return Promise.all(services.map(async (service, index) => (await api.get(service, lists[index]!)).body))
}

const json = { 'content-type': 'application/json' }

const picture = pngOf(40, 30)
/** Nothing of it can be stored. */
const sheet = 'name,price\n,1\n'

/** Sends a body, or where none is given and one is needed, a picture. */
function send(
  { service, method, as, wantsProof = false, takesImage = false, takesSheet = false }: Route,
  path: string,
  body: string | Uint8Array | undefined = takesImage ? picture : takesSheet ? sheet : undefined,
  headers: Record<string, string> = takesImage
    ? { 'content-type': 'image/png' }
    : takesSheet
      ? { 'content-type': 'text/csv' }
      : json,
): Promise<RawAnswer> {
  return rawRequest(shop.urls[service] + path, {
    method,
    headers: {
      ...(as !== undefined && signed[as]),
      ...(wantsProof && { 'x-session-token': signed.admin.authorization.slice('Bearer '.length) }),
      ...(body !== undefined && headers),
    },
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
function fill({ service, path }: Route, id?: string | number): string {
  const nouns = {
    products: 'inventory',
    categories: 'category',
    orders: 'order',
    payments: 'payment',
    customers: 'user',
    subscriptions: 'subscription',
    deliveries: 'delivery',
    staff: 'staff',
  } as const
  const [, noun = ''] = /^(?:\/api\/v1)?(?:\/(?:webhooks|desk))?\/(\w+)/.exec(path) ?? []
  const kind = nouns[noun as keyof typeof nouns] ?? service
  // A second id is that of nothing.
  return path.replace(/:\w+/, String(id ?? there[kind])).replace(/:\w+/, String(nobody))
}

function expectProblem({ service }: Route, answer: RawAnswer, what: string, allowed?: number[]): void {
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
  // Old clients of the gateway look for it there.
  expect(problem.error, said).toBe(service === 'gateway' ? problem.detail : undefined)
}

test('every route of every service stands in the table', async () => {
  const known = new Set(
    routes.map(({ service, method, path }) => `${service} ${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`),
  )
  for (const service of ['user', 'inventory', 'order', 'payment', 'webhook', 'gateway'] as const) {
    const { body } = await api.get(service, '/openapi.json')
    for (const [path, methods] of Object.entries<object>(body.paths)) {
      for (const method of Object.keys(methods)) expect(known).toContain(`${service} ${method.toUpperCase()} ${path}`)
    }
  }
})

const named = (route: Route) =>
  [`${route.service} ${route.method} ${route.path} ${Object.keys(route.fields ?? {}).join()}`, route] as const

/** A change may leave any field out. */
function isChange({ method, path }: Route): boolean {
  return method === 'PUT' && /\/((products|categories|subscriptions)\/:id|shop)$/.test(path)
}

test.each(routes.filter((route) => route.fields !== undefined).map(named))('%s: bad bodies', async (_name, route) => {
  const good = goodBody(route)!
  for (const [field, kind] of Object.entries(route.fields!)) {
    for (const value of bad[kind]) {
      if (value === missing && isChange(route)) continue
      const { [field]: _, ...rest } = good
      // Lines of a body that has both forms would hide what is wrong with one.
      const body = JSON.stringify(value === missing ? rest : { ...rest, [field]: value })
      expectProblem(route, await send(route, fill(route), body), `${field} ${body.slice(0, 200)}`, [422])
    }
  }
  for (const body of ['null', '[]', '"x"', '1', 'true'])
    expectProblem(route, await send(route, fill(route), body), body, [422])
  for (const body of [
    '{',
    '{"a":}',
    "{'a':1}",
    '{"a":1,}',
    'undefined',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{}}}',
    '{"a":[{"__proto__":{"a":1}}]}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":01}',
    '{"a":0x1}',
    '{"a":1_000}',
  ]) {
    expectProblem(route, await send(route, fill(route), body), body, [400, 422])
  }
  expectProblem(route, await send(route, fill(route), ''), 'an empty body', [422])
  expectProblem(route, await send(route, fill(route), '['.repeat(100_000)), 'a deep body', [400])
  const tooMany = (route.largestBytes ?? 2 ** 20) + 1
  expectProblem(
    route,
    // Only announced: the server answers and closes before a client could send it all.
    await send(route, fill(route), '{', { ...json, 'content-length': String(tooMany), connection: 'close' }),
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
    expectProblem(route, await send(route, fill(route), JSON.stringify(good), { 'content-type': type }), type, [415])
  }
})

test.each(routes.filter((route) => route.takesSheet).map(named))('%s: bad sheets', async (_name, route) => {
  const csv = { 'content-type': 'text/csv' }
  const sheets: Record<string, string | Uint8Array> = {
    nothing: '',
    'a workbook': Buffer.from('504b030414000600', 'hex'),
    'Latin-1': Buffer.from('name,price\nCaf\xe9,1\n', 'latin1'),
    JSON: '{"name":"x"}',
    'no columns that say what it is': 'price,stock\n1,1\n',
    'a column twice': 'name,name\na,b\n',
    NUL: 'name,price\na\0b,1\n',
  }
  for (const [what, text] of Object.entries(sheets))
    expectProblem(route, await send(route, fill(route), text, csv), what, [422])
  const headers = { ...csv, 'content-length': String(50 * 2 ** 20 + 1), connection: 'close' }
  expectProblem(route, await send(route, fill(route), 'name', headers), 'a huge sheet', [413])
  for (const type of ['application/json', 'text/plain', 'text/html', 'multipart/form-data; boundary=x', 'nonsense'])
    expectProblem(route, await send(route, fill(route), sheet, { 'content-type': type }), type, [415])
})

test.each(routes.filter((route) => route.takesImage).map(named))('%s: bad images', async (_name, route) => {
  const images: Record<string, string | Uint8Array> = {
    nothing: '',
    'a page': '<!doctype html><script>alert(1)</script>',
    'a drawing': '<svg xmlns="http://www.w3.org/2000/svg"/>',
    'a GIF': 'GIF89a',
    JSON: '{"image":"x"}',
    'half a picture': picture.subarray(0, picture.length / 2),
    'one pixel by 100 million': pngOf(1, 100_000_000, Buffer.alloc(100)),
  }
  for (const [what, image] of Object.entries(images))
    expectProblem(route, await send(route, fill(route), image, { 'content-type': 'image/png' }), what, [422])
  for (const type of [
    'application/json',
    'image/gif',
    'image/svg+xml',
    'text/html',
    'multipart/form-data; boundary=x',
    '',
  ])
    expectProblem(route, await send(route, fill(route), picture, { 'content-type': type }), type, [415])
  const tooMany = { 'content-type': 'image/png', 'content-length': String(10 * 2 ** 20 + 1), connection: 'close' }
  expectProblem(route, await send(route, fill(route), picture, tooMany), 'a huge image', [413])
})

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Values that a field of this kind cannot take, whatever its bounds are. */
function generatedFor(kind: Field): fc.Arbitrary<unknown> {
  const isRight: Record<string, (value: unknown) => boolean> = {
    number: (value) => Number.isSafeInteger(value) || value === null,
    string: (value) => typeof value === 'string' || value === null,
    boolean: (value) => typeof value === 'boolean',
    object: (value) => (Array.isArray(goodValues[kind]) ? Array.isArray(value) : isObject(value)),
  }
  const others = fc.jsonValue().filter((value) => !isRight[typeof goodValues[kind]]!(value))
  if (!Array.isArray(goodValues[kind])) return others
  // No such value has the keys of a line.
  return fc.oneof(
    others,
    fc.array(
      fc.jsonValue().filter((value) => !Number.isInteger(value)),
      { minLength: 1 },
    ),
  )
}

test.each(routes.filter((route) => route.fields !== undefined).map(named))(
  '%s: generated bodies',
  async (_name, route) => {
    const good = goodBody(route)!
    const fields = Object.entries(route.fields!)
    const oneWrong = fc.oneof(
      ...fields.map(([field, kind]) => generatedFor(kind).map((value) => JSON.stringify({ ...good, [field]: value }))),
    )
    const needsSome = !isChange(route) && fields.some(([, kind]) => (bad[kind] as unknown[]).includes(missing))
    const allWrong = fc
      .jsonValue()
      .filter((value) => needsSome || !isObject(value))
      .map((value) => JSON.stringify(value))
    const noJson = fc.string({ unit: 'binary' }).filter((text) => !text.trim().startsWith('{'))
    await fc.assert(
      fc.asyncProperty(fc.oneof({ weight: 6, arbitrary: oneWrong }, allWrong, noJson), async (body) => {
        expectProblem(route, await send(route, fill(route), body), body.slice(0, 200), [400, 422])
      }),
      { seed: 20_261_122, numRuns: 200 },
    )
  },
)

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
    expectProblem(route, await send(route, fill(route, id), body), id, [404, 422])
  }
  if (!route.ignoresUnknown) expectProblem(route, await send(route, fill(route, nobody), body), 'an unknown id', [404])
  expectProblem(route, await send(route, fill(route, 'x'.repeat(5000)), body), 'a very long id', [404, 414])
  expectProblem(route, await send(route, fill(route, '%E0%A4%A'), body), 'a broken escape', [400])
})

test.each(routes.filter((route) => route.query !== undefined).map(named))('%s: bad queries', async (_name, route) => {
  for (const [parameter, values] of Object.entries(route.query!)) {
    for (const value of values) {
      expectProblem(route, await send(route, `${fill(route)}?${parameter}=${value}`), `${parameter}=${value}`, [422])
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
    expectProblem(route, await send(route, fill(route), body ?? '', { ...json, host }), `Host ${host}`, [421])
  }
  for (const origin of [
    'https://evil.example',
    'http://localhost.evil.example',
    'http://evil.example:8001',
    'file://',
  ]) {
    const answer = await send(route, fill(route), body ?? '', { ...json, origin })
    expect(answer.headers['access-control-allow-origin'], origin).toBeUndefined()
    if (route.method !== 'GET') expectProblem(route, answer, `Origin ${origin}`, [403])
  }
})

test('nothing of all this has changed anything', async () => {
  expect(await everything()).toEqual(before)
})
