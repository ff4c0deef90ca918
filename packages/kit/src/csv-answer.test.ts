import { once } from 'node:events'
import { request } from 'node:http'
import { problem } from '@kakilima/contracts/problems'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { waitFor } from '@kakilima/testkit/call'
import Type from 'typebox'
import { afterEach, expect, test } from 'vitest'
import { readConfig, serverSettings } from './config.ts'
import { csvAnswer } from './csv-answer.ts'
import { buildServer, listen, type Server } from './server.ts'

type Row = { id: number; name: string | null; isNew: boolean }

let app: Server

afterEach(() => app.close())

async function serve(pages: () => AsyncIterable<Row[]>): Promise<string> {
  const config = readConfig(Type.Object(serverSettings(0)), testEnvironment())
  app = await buildServer({ name: 'test', config, logger: silentLogger(), checkReady: async () => undefined })
  const columns = { id: (row: Row) => row.id, name: (row: Row) => row.name, is_new: (row: Row) => row.isNew }
  app.get('/rows.csv', async (_request, reply) => csvAnswer(reply, { fileName: 'rows.csv', columns, pages: pages() }))
  return `http://127.0.0.1:${await listen(app, config)}/rows.csv`
}

async function* pagesOf(...names: (string | null)[][]): AsyncGenerator<Row[]> {
  let id = 0
  for (const page of names) yield page.map((name) => ({ id: ++id, name, isNew: id === 1 }))
}

async function textOf(...names: (string | null)[][]): Promise<string> {
  return Buffer.from(await (await fetch(await serve(() => pagesOf(...names)))).arrayBuffer()).toString()
}

test('a file has its mark, a name, a first line with the columns, and all pages', async () => {
  const answer = await fetch(await serve(() => pagesOf(['Kopi, susu', 'Teh "manis"'], ['Tas\nRansel', null], ['é'])))
  expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename="rows.csv"')
  const bytes = Buffer.from(await answer.arrayBuffer())
  expect([...bytes.subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf])
  expect(bytes.subarray(3).toString()).toBe(
    'id,name,is_new\r\n1,"Kopi, susu",true\r\n2,"Teh ""manis""",false\r\n3,"Tas\nRansel",false\r\n4,,false\r\n5,é,false\r\n',
  )
})

test('a file without rows has its first line', async () => {
  expect(await textOf()).toBe('\uFEFFid,name,is_new\r\n')
})

test('no text begins as a formula does', async () => {
  const formulas = ['=1+1', '+62812', '-1', '@SUM(A1)', '\tx', '\rx', '＝1', '="a",b']
  const lines = (await textOf(formulas)).slice(1).split('\r\n').slice(1, -1)
  expect(lines).toHaveLength(formulas.length)
  for (const line of lines) expect(line).toMatch(/^\d+,"?'/)
})

test('what fails before the first page is an answer of its own', async () => {
  const answer = await fetch(
    await serve(async function* () {
      yield* pagesOf()
      throw problem('neighbor-unavailable', 'The user service cannot be reached')
    }),
  )
  expect(answer.status).toBe(503)
  expect(answer.headers.get('content-type')).toContain('application/problem+json')
  expect(answer.headers.get('content-disposition')).toBeNull()
})

test('what fails later cuts the connection', async () => {
  const answer = await fetch(
    await serve(async function* () {
      yield* pagesOf(['Kopi'])
      throw new Error('the database is gone')
    }),
  )
  expect(answer.status).toBe(200)
  await expect(answer.text()).rejects.toThrow('terminated')
})

test('no more is made than the reader takes, and nothing for one who went away', async () => {
  let [made, isStopped] = [0, false]
  const url = await serve(async function* () {
    try {
      for (;;) {
        made++
        yield [{ id: made, name: 'x'.repeat(1_000_000), isNew: false }]
      }
    } finally {
      isStopped = true
    }
  })
  const asking = request(url).end()
  const [answer] = await once(asking, 'response')
  answer.pause()
  // It goes on until what lies between is full, and then waits.
  let last = -1
  await waitFor(
    async () => {
      const before = last
      last = made
      await new Promise((resolve) => setTimeout(resolve, 100))
      return made > 1 && before === made
    },
    (isStill) => isStill,
  )
  expect(made).toBeLessThan(50)
  expect(isStopped).toBe(false)
  asking.destroy()
  await waitFor(
    async () => isStopped,
    (is) => is,
  )
})
