import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { problem } from '@kakilima/contracts/problems'
import { afterEach, expect, test } from 'vitest'
import { checkHealth, type Place } from './check-health.ts'

const servers: Server[] = []
afterEach(() => servers.splice(0).forEach((server) => server.close().closeAllConnections()))

/** Something that answers `/readyz`, or nothing where no answer is given. */
async function place(answer?: { status: number; body: string }): Promise<string> {
  const server = createServer((request, reply) => {
    if (answer !== undefined) reply.writeHead(request.url === '/readyz' ? answer.status : 404).end(answer.body)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const well = async () => undefined
const milliseconds = expect.any(Number)

test('a service that is ready says so, and one that is not says why, in the form of each', async () => {
  const away = 'The database cannot be reached'
  const places = [
    { service: 'user', url: `${await place({ status: 200, body: '{"status":"ready"}' })}/` },
    { service: 'order', url: await place({ status: 503, body: JSON.stringify({ detail: away }) }) },
    { service: 'catalog', url: await place({ status: 503, body: JSON.stringify({ errors: [{ message: away }] }) }) },
    { service: 'payment', url: await place({ status: 502, body: '<h1>Bad Gateway</h1>' }) },
    { service: 'webhook', url: await place({ status: 500, body: 'null' }) },
  ]
  expect(await checkHealth(places, well)).toEqual([
    { service: 'user', is_ready: true, milliseconds, detail: null },
    { service: 'order', is_ready: false, milliseconds, detail: away },
    { service: 'catalog', is_ready: false, milliseconds, detail: away },
    { service: 'payment', is_ready: false, milliseconds, detail: 'It answers 502' },
    { service: 'webhook', is_ready: false, milliseconds, detail: 'It answers 500' },
    { service: 'gateway', is_ready: true, milliseconds, detail: null },
  ])
})

test('a service that is away or silent is a line of its own', async () => {
  const gone = await place()
  servers.pop()!.close()
  const places = [
    { service: 'user', url: gone },
    { service: 'order', url: await place() },
  ]
  const late = { is_ready: false, milliseconds, detail: 'It does not answer within 2 s' }
  expect(await checkHealth(places, () => new Promise(() => undefined))).toEqual([
    { service: 'user', is_ready: false, milliseconds, detail: 'It cannot be reached' },
    { service: 'order', ...late },
    { service: 'gateway', ...late },
  ])
})

test('all are asked at once', async () => {
  const asked: (() => void)[] = []
  // Nobody answers before everybody was asked.
  const answerTogether = (answer: () => void) => {
    if (asked.push(answer) === 3) for (const one of asked) one()
  }
  const places: Place[] = []
  for (const service of ['user', 'order']) {
    const server = createServer((_, reply) => answerTogether(() => reply.end('{}')))
    servers.push(server)
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    places.push({ service, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
  }
  const lines = await checkHealth(places, () => new Promise((resolve) => answerTogether(resolve)))
  expect(lines.map(({ is_ready }) => is_ready)).toEqual([true, true, true])
})

test('what the gateway says of itself is told without what nobody may know', async () => {
  const detailOf = async (error: Error) => {
    const fail = async () => {
      throw error
    }
    return (await checkHealth([], fail))[0]!.detail
  }
  expect(await detailOf(problem('queue-unavailable'))).toBe('Orders cannot be taken right now')
  expect(await detailOf(new Error('password of postgres'))).toBe('Something went wrong on our side')
})
