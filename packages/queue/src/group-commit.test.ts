import { expect, test } from 'vitest'
import { createGroupCommit } from './group-commit.ts'

const aDay = 24 * 60 * 60 * 1000
const range = (length: number) => Array.from({ length }, (_, index) => index)

test('callers that come together share one write, and each gets its own result', async () => {
  const writes: number[][] = []
  const commit = createGroupCommit<number, string>({
    write: async (items) => {
      writes.push(items)
      return items.map((item) => `result ${item}`)
    },
  })
  const results = await Promise.all(range(150).map(commit.add))
  expect(writes).toEqual([range(150)])
  expect(results).toEqual(range(150).map((item) => `result ${item}`))
})

test('a full group is written at once, without waiting for its time', async () => {
  const writes: number[][] = []
  const write = async (items: number[]) => (writes.push(items), items)
  const commit = createGroupCommit<number, number>({ write, maxItems: 3, maxWaitMs: aDay })
  expect(await Promise.all(range(6).map(commit.add))).toEqual(range(6))
  expect(writes).toEqual([
    [0, 1, 2],
    [3, 4, 5],
  ])
})

test('a group that is not full is written when its first item has waited long enough', async () => {
  const writes: number[][] = []
  const write = async (items: number[]) => (writes.push(items), items)
  const commit = createGroupCommit<number, number>({ write, maxItems: 1000, maxWaitMs: 1 })
  expect(await commit.add(1)).toBe(1)
  expect(await Promise.all([commit.add(2), commit.add(3)])).toEqual([2, 3])
  expect(writes).toEqual([[1], [2, 3]])
})

test('who comes while a group is being written is in the next one and waits for nobody', async () => {
  const writes: { items: number[]; finish: () => void }[] = []
  const commit = createGroupCommit<number, number>({
    write: (items) => new Promise((resolve) => writes.push({ items, finish: () => resolve(items) })),
    maxItems: 1,
  })
  const first = commit.add(1)
  const second = commit.add(2)
  expect(writes.map(({ items }) => items)).toEqual([[1], [2]])
  writes[1]!.finish()
  expect(await second).toBe(2)
  writes[0]!.finish()
  expect(await first).toBe(1)
})

test('an error among the results fails that item alone', async () => {
  const commit = createGroupCommit<number, number>({
    write: async (items) => items.map((item) => (item === 1 ? new Error('one is bad') : item)),
  })
  const results = await Promise.allSettled(range(3).map(commit.add))
  expect(results).toEqual([
    { status: 'fulfilled', value: 0 },
    { status: 'rejected', reason: new Error('one is bad') },
    { status: 'fulfilled', value: 2 },
  ])
})

test('a write that fails fails its whole group, and the next group is written all the same', async () => {
  let writes = 0
  const commit = createGroupCommit<number, number>({
    write: async (items) => {
      if (++writes === 1) throw new Error('the disk is full')
      return items
    },
    maxItems: 3,
    maxWaitMs: aDay,
  })
  const results = await Promise.allSettled(range(6).map(commit.add))
  expect(results.map((result) => result.status)).toEqual([
    'rejected',
    'rejected',
    'rejected',
    'fulfilled',
    'fulfilled',
    'fulfilled',
  ])
})

test('draining writes what waits and ends when all is written', async () => {
  const gate = Promise.withResolvers<void>()
  const written: number[] = []
  const commit = createGroupCommit<number, number>({
    write: async (items) => {
      await gate.promise
      written.push(...items)
      return items
    },
    maxItems: 2,
    maxWaitMs: aDay,
  })
  const adding = Promise.all(range(3).map(commit.add))
  const draining = commit.drain().then(() => [...written])
  gate.resolve()
  expect(await draining).toEqual([0, 1, 2])
  expect(await adding).toEqual([0, 1, 2])
  await commit.drain()
})

test('draining ends also where a write fails', async () => {
  const commit = createGroupCommit<number, number>({
    write: async () => {
      throw new Error('the disk is full')
    },
    maxWaitMs: aDay,
  })
  const adding = Promise.allSettled([commit.add(1)])
  await commit.drain()
  expect(await adding).toMatchObject([{ status: 'rejected', reason: { message: 'the disk is full' } }])
})

test('a write that never comes back is no reason to wait for ever', async () => {
  let writes = 0
  const commit = createGroupCommit<number, number>({
    write: (items) => (++writes === 1 ? new Promise(() => undefined) : Promise.resolve(items)),
    maxWaitMs: 1,
    maxWriteMs: 50,
  })
  await expect(commit.add(1)).rejects.toMatchObject({ type: 'queue-unavailable', headers: { 'retry-after': '1' } })
  expect(await commit.add(2)).toBe(2)
  await commit.drain()
})
