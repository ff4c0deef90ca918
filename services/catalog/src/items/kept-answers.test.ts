import { expect, test } from 'vitest'
import { createKeptAnswers, isUnchanged, toAnswer } from './kept-answers.ts'

const megabyte = 1024 * 1024

/** Loads that end when the test says so. */
function slowLoads() {
  const waiting: { resolve: (content: object) => void; reject: (error: Error) => void }[] = []
  return {
    begun: () => waiting.length,
    load: () => new Promise<object>((resolve, reject) => waiting.push({ resolve, reject })),
    end: (index: number, content: object) => waiting[index]!.resolve(content),
    fail: (index: number) => waiting[index]!.reject(new Error('the database is away')),
  }
}

test('an answer is loaded once and then kept, with a tag of its bytes', async () => {
  const kept = createKeptAnswers(megabyte)
  const first = await kept.answer('a', async () => ({ data: [] }))
  expect(first.body.toString()).toBe('{"data":[]}')
  expect(first.etag).toMatch(/^"[\w-]{27}"$/)
  const never = async () => expect.unreachable('it is kept')
  expect(await kept.answer('a', never)).toBe(first)
  expect(toAnswer({ data: [] }).etag).toBe(first.etag)
  expect(toAnswer({ data: [1] }).etag).not.toBe(first.etag)
})

test('a storm on one key makes one load', async () => {
  const kept = createKeptAnswers(megabyte)
  const { load, end, begun } = slowLoads()
  const answers = Array.from({ length: 1000 }, () => kept.answer('a', load))
  end(0, { data: 1 })
  expect(new Set(await Promise.all(answers)).size).toBe(1)
  expect(begun()).toBe(1)
})

test('a load that fails fails for all who wait for it, and is not kept', async () => {
  const kept = createKeptAnswers(megabyte)
  const { load, end, fail, begun } = slowLoads()
  const answers = [kept.answer('a', load), kept.answer('a', load)]
  fail(0)
  for (const { status } of await Promise.allSettled(answers)) expect(status).toBe('rejected')
  const next = kept.answer('a', load)
  end(1, { data: 2 })
  expect((await next).body.toString()).toBe('{"data":2}')
  expect(begun()).toBe(2)
})

test('what is dropped is loaded anew', async () => {
  const kept = createKeptAnswers(megabyte)
  await kept.answer('a', async () => ({ data: 1 }))
  kept.noteUrl('/a', 'a')
  expect(kept.answerTo('/a')?.body.toString()).toBe('{"data":1}')
  kept.drop()
  expect([kept.answerTo('/a'), kept.bytes()]).toEqual([undefined, 0])
  expect((await kept.answer('a', async () => ({ data: 2 }))).body.toString()).toBe('{"data":2}')
  expect(kept.answerTo('/a')?.body.toString()).toBe('{"data":2}')
})

test('what was being loaded when all was dropped is neither kept nor waited for any more', async () => {
  const kept = createKeptAnswers(megabyte)
  const { load, end, begun } = slowLoads()
  const before = kept.answer('a', load)
  kept.drop()
  const after = kept.answer('a', load)
  expect(begun()).toBe(2)
  // The older one ends last, and first.
  end(1, { data: 'new' })
  expect((await after).body.toString()).toBe('{"data":"new"}')
  end(0, { data: 'old' })
  expect((await before).body.toString()).toBe('{"data":"old"}')
  expect((await kept.answer('a', load)).body.toString()).toBe('{"data":"new"}')

  const older = kept.answer('b', load)
  kept.drop()
  end(2, { data: 'old' })
  await older
  const newer = kept.answer('b', load)
  end(3, { data: 'new' })
  expect((await newer).body.toString()).toBe('{"data":"new"}')
})

test('answers take no more room than they are given, and one never takes it all', async () => {
  const kept = createKeptAnswers(megabyte)
  for (let key = 0; key < 100; key++) {
    await kept.answer(String(key), async () => ({ data: 'x'.repeat(100_000) }))
    kept.noteUrl(`/${key}`, String(key))
    expect(kept.bytes()).toBeLessThanOrEqual(megabyte)
  }
  expect(kept.answerTo('/99')).toBeDefined()
  // An address holds on to nothing that had to go.
  expect(kept.answerTo('/0')).toBeUndefined()
  const before = kept.bytes()
  const huge = await kept.answer('huge', async () => ({ data: 'x'.repeat(megabyte / 2) }))
  expect(huge.body.length).toBeGreaterThan(megabyte / 2)
  kept.noteUrl('/huge', 'huge')
  expect([kept.bytes(), kept.answerTo('/huge')]).toEqual([before, undefined])
})

test('a long address is not noted', async () => {
  const kept = createKeptAnswers(megabyte)
  await kept.answer('a', async () => ({}))
  const url = `/${'x'.repeat(1000)}`
  kept.noteUrl(url, 'a')
  expect(kept.answerTo(url)).toBeUndefined()
})

test.each([
  [undefined, false],
  ['', false],
  ['"a"', true],
  ['W/"a"', true],
  ['"b", "a"', true],
  ['"b"', false],
  ['*', true],
])('who has %s is told that nothing changed: %s', (given, expected) => {
  expect(isUnchanged(given, '"a"')).toBe(expected)
})
