import { request } from 'node:http'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import Type from 'typebox'
import { afterEach, expect, test } from 'vitest'
import { readConfig, serverSettings } from './config.ts'
import { buildServer, listen, type Server } from './server.ts'

const token = 'a-token-of-32-characters-or-more'
const running: Server[] = []

afterEach(async () => {
  await Promise.all(running.splice(0).map((app) => app.close()))
})

async function createApp(change: Record<string, string> = {}) {
  const config = readConfig(Type.Object(serverSettings(0)), testEnvironment(change))
  const app = await buildServer({ name: 'test', config, logger: silentLogger(), checkReady: async () => {} })
  running.push(app)
  let writes = 0
  app.get('/things', async () => [])
  app.post('/things', async () => ({ writes: ++writes }))
  return { app, config, writes: () => writes }
}

const production = { NODE_ENV: 'production', SERVICE_TOKEN: token }

test.each([
  ['localhost', 200],
  ['localhost:8001', 200],
  ['LOCALHOST:8001', 200],
  ['127.0.0.1', 200],
  ['127.0.0.1:8001', 200],
  ['[::1]:8001', 200],
  ['shop.example', 200],
  ['SHOP.example:443', 200],
  ['evil.example', 421],
  ['evil.example:8001', 421],
  ['localhost.evil.example', 421],
  ['localhost@evil.example', 421],
  ['evil.example:localhost', 421],
  ['127.0.0.1.evil.example', 421],
  ['192.168.0.1', 421],
])('a request for the host %j is answered %i', async (host, status) => {
  const { app } = await createApp({ ALLOWED_HOSTS: ' Shop.Example , other.example' })
  for (const url of ['/things', '/livez', '/nowhere']) {
    const answer = await app.inject({ url, headers: { host } })
    expect(answer.statusCode).toBe(status === 200 && url === '/nowhere' ? 404 : status)
    if (status === 421) expect(answer.json().type).toBe('/problems/foreign-host')
  }
})

test('the host of a real connection is looked at', async () => {
  const { app, config } = await createApp()
  const port = await listen(app, config)
  const statusFor = (host: string) =>
    new Promise((resolve, reject) => {
      request({ port, host: '127.0.0.1', path: '/things', headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .on('error', reject)
        .end()
    })
  expect(await statusFor(`localhost:${port}`)).toBe(200)
  expect(await statusFor(`rebound.example:${port}`)).toBe(421)
})

test.each([
  'https://evil.example',
  'http://localhost.evil.example',
  'http://evil.example:8001',
  'http://127.0.0.1.evil.example',
  'http://localhost:8000.evil.example',
  'file://',
  'chrome-extension://abc',
])('a page of %s gets no CORS header, and no write', async (origin) => {
  const { app, writes } = await createApp()
  const read = await app.inject({ url: '/things', headers: { origin } })
  expect(read.headers['access-control-allow-origin']).toBeUndefined()
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/things',
    headers: { origin, 'access-control-request-method': 'POST' },
  })
  expect(preflight.headers['access-control-allow-origin']).toBeUndefined()
  const write = await app.inject({ method: 'POST', url: '/things', headers: { origin } })
  expect(write.statusCode).toBe(403)
  expect(write.headers['access-control-allow-origin']).toBeUndefined()
  expect(write.json().type).toBe('/problems/foreign-origin')
  expect(writes()).toBe(0)
})

test.each([
  'null',
  'http://localhost:8000',
  'http://127.0.0.1:5173',
  'http://[::1]:8000',
  'http://localhost',
  'https://localhost:8443',
])('a page of %s may read and write, and its origin is echoed', async (origin) => {
  const { app, writes } = await createApp()
  const preflight = await app.inject({
    method: 'OPTIONS',
    url: '/things',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
  })
  expect(preflight.statusCode).toBe(204)
  expect(preflight.headers['access-control-allow-origin']).toBe(origin)
  expect(preflight.headers['access-control-allow-methods']).toContain('POST')
  const write = await app.inject({ method: 'POST', url: '/things', headers: { origin } })
  expect(write.statusCode).toBe(200)
  expect(write.headers['access-control-allow-origin']).toBe(origin)
  expect(write.headers.vary).toContain('Origin')
  expect(writes()).toBe(1)
})

test('a failure is readable for a page of this machine, too', async () => {
  const { app } = await createApp()
  const answer = await app.inject({ url: '/nowhere', headers: { origin: 'null' } })
  expect(answer.statusCode).toBe(404)
  expect(answer.headers['access-control-allow-origin']).toBe('null')
})

test('outside production on loopback nobody is asked for a token', async () => {
  const { app } = await createApp({ SERVICE_TOKEN: token })
  expect((await app.inject('/things')).statusCode).toBe(200)
})

test.each([
  ['no token', undefined],
  ['an empty one', ''],
  ['a wrong token', 'Bearer wrong-token-of-32-characters-or-more'],
  ['a part of it', `Bearer ${token.slice(0, -1)}`],
  ['more than it', `Bearer ${token}x`],
  ['another scheme', `Basic ${token}`],
  ['the token alone', token],
])('in production %s is answered 401', async (_, authorization) => {
  const { app, writes } = await createApp(production)
  const headers = authorization === undefined ? {} : { authorization }
  for (const [method, url] of [
    ['GET', '/things'],
    ['POST', '/things'],
    ['GET', '/nowhere'],
    ['GET', '/openapi.json'],
    ['GET', '/livez/../things'],
    ['GET', '/things?/livez'],
  ] as const) {
    const answer = await app.inject({ method, url, headers })
    expect(answer.statusCode).toBe(401)
    expect(answer.headers['www-authenticate']).toBe('Bearer')
  }
  expect(writes()).toBe(0)
})

test('in production the token opens every door, and the probes need none', async () => {
  const { app } = await createApp(production)
  const authorization = `Bearer ${token}`
  expect((await app.inject({ url: '/things', headers: { authorization } })).statusCode).toBe(200)
  expect((await app.inject({ method: 'POST', url: '/things', headers: { authorization } })).statusCode).toBe(200)
  expect((await app.inject('/livez')).statusCode).toBe(200)
  expect((await app.inject('/readyz')).statusCode).toBe(200)
})
