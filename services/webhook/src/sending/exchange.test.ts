import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished, expect, test } from 'vitest'
import { exchange } from './exchange.ts'
import { createReceiverAgent } from './guarded-agent.ts'

async function ask(listener: RequestListener, { timeoutMs = 10_000, mostBytes = 2000 } = {}) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const agent = createReceiverAgent({ mayBePrivate: true, timeoutMs, connections: 1 })
  onTestFinished(async () => {
    await agent.destroy()
    server.close()
    server.closeAllConnections()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  return exchange(agent, { method: 'POST', url, headers: {}, body: '{}' }, mostBytes, AbortSignal.timeout(timeoutMs))
}

test('an answer without end is read up to its limit and cut off', async () => {
  let written = 0
  let isClosed = false
  const answer = await ask((_request, response) => {
    response.on('close', () => (isClosed = true))
    const write = (): void => {
      while (!isClosed && response.write('x'.repeat(16_384))) written += 16_384
      response.once('drain', write)
    }
    write()
  })
  expect(answer).toMatchObject({ status: 200, text: 'x'.repeat(2000) })
  await expect.poll(() => isClosed).toBe(true)
  expect(written).toBeLessThan(64 * 2 ** 20)
})

test('an answer that comes drop by drop is not waited for longer than the limit', async () => {
  const dripping = ask(
    (_request, response) => {
      const timer = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(timer))
    },
    { timeoutMs: 300 },
  )
  await expect(dripping).rejects.toThrow('aborted due to timeout')
})

test('a redirect is an answer and is not followed', async () => {
  let requests = 0
  const answer = await ask((_request, response) => {
    requests++
    response.writeHead(307, { location: '/elsewhere' }).end()
  })
  expect([answer.status, requests]).toEqual([307, 1])
})

test('what is no text can be shown all the same', async () => {
  const { text } = await ask((_request, response) => void response.end(Buffer.from([0x61, 0, 0xff, 0x62])))
  expect(text).toBe('a\uFFFD\uFFFDb')
})
