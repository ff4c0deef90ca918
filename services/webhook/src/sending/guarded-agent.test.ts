import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange } from './exchange.ts'
import { createReceiverAgent, PrivateAddressError, type Resolve } from './guarded-agent.ts'

let connections = 0
const server = createServer((_request, response) => void response.end('reached'))
server.on('connection', () => connections++)
let port: number

beforeAll(async () => {
  // On all addresses of this machine, of both families.
  server.listen(0, '::')
  await once(server, 'listening')
  ;({ port } = server.address() as AddressInfo)
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

async function send(url: string, options: { mayBePrivate?: boolean; resolve?: Resolve } = {}) {
  const { mayBePrivate = false, resolve } = options
  const agent = createReceiverAgent({ mayBePrivate, timeoutMs: 2000, connections: 1, ...(resolve && { resolve }) })
  try {
    const request = { method: 'POST', url, headers: {}, body: '{}' }
    return await exchange(agent, request, 100, AbortSignal.timeout(3000))
  } finally {
    await agent.destroy()
  }
}

/** Names that lead to these addresses: at the first look-up the first of them, and so on. */
function resolverOf(...answers: string[][]): Resolve {
  let lookups = 0
  return (_hostname, answer) => {
    const addresses = answers[Math.min(lookups++, answers.length - 1)]!
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )
  }
}

test('a receiver that the environment names may be private', async () => {
  const before = connections
  for (const host of ['127.0.0.1', '[::1]', 'localhost', '2130706433']) {
    const answer = await send(`http://${host}:${port}/`, { mayBePrivate: true })
    expect([answer.status, answer.text], host).toEqual([200, 'reached'])
  }
  expect(connections).toBe(before + 4)
})

const forms = [
  '127.0.0.1',
  '127.1',
  '127.255.255.254',
  '2130706433',
  '0x7f000001',
  '0177.0.0.1',
  '0',
  '0.0.0.0',
  '[::]',
  '[::1]',
  '[::ffff:7f00:1]',
  '[::ffff:127.0.0.1]',
  '[::127.0.0.1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  '169.254.169.254',
  '10.0.0.1',
  '192.168.0.1',
  '172.16.0.1',
  '100.64.0.1',
  '[fd00:ec2::254]',
  '[fe80::1]',
  '224.0.0.1',
  'localhost',
]

test.each(forms)('nothing is sent to %s', async (host) => {
  const before = connections
  for (const scheme of ['http', 'https'])
    await expect(send(`${scheme}://${host}:${port}/`)).rejects.toThrow(PrivateAddressError)
  expect(connections).toBe(before)
})

test.each([
  ['127.0.0.1'],
  ['169.254.169.254'],
  ['::1'],
  ['::ffff:7f00:1'],
  ['93.184.216.34', '127.0.0.1'],
  ['2606:4700:4700::1111', 'fd00::1'],
])('nothing is sent to a name that leads to %s and %s', async (...addresses) => {
  const before = connections
  const resolve = resolverOf(addresses.filter(Boolean))
  for (const scheme of ['http', 'https'])
    await expect(send(`${scheme}://shop.example:${port}/`, { resolve })).rejects.toThrow(PrivateAddressError)
  expect(connections).toBe(before)
})

test('a name that is public when it is judged and private a moment later is not looked up twice', async () => {
  const before = connections
  let lookups = 0
  // The first was given back long ago: nobody has it.
  const rebinding = resolverOf(['3ffe::1'], ['127.0.0.1'])
  const resolve: Resolve = (hostname, answer) => {
    lookups++
    rebinding(hostname, answer)
  }
  const first: unknown = await send(`http://shop.example:${port}/`, { resolve }).catch((error: unknown) => error)
  expect(first).toBeInstanceOf(Error)
  expect(first).not.toBeInstanceOf(PrivateAddressError)
  expect(lookups).toBe(1)
  await expect(send(`http://shop.example:${port}/`, { resolve })).rejects.toThrow(PrivateAddressError)
  expect([lookups, connections]).toEqual([2, before])
})

test('the addresses of one look-up are connected to, without another', async () => {
  let lookups = 0
  const resolve: Resolve = (_hostname, answer) => {
    lookups++
    answer(null, [{ address: '127.0.0.1', family: 4 }])
  }
  const answer = await send(`http://shop.example:${port}/`, { mayBePrivate: true, resolve })
  expect([answer.text, lookups]).toEqual(['reached', 1])
})
