import { problem } from '@kakilima/contracts/problems'

export type GroupCommit<Item, Result> = {
  /** Resolves once the group that the item came into is written. */
  add: (item: Item) => Promise<Result>
  /** Waits until everything that was added is written. */
  drain: () => Promise<void>
}

type Waiting<Item, Result> = { item: Item; resolve: (result: Result) => void; reject: (error: unknown) => void }

/**
 * Writes items that arrive together in one go: one durable write for many callers. A group is written when it is `maxItems` large or
 * when its first item has waited for `maxWaitMs`. `write` returns one result for each item; an `Error` among them fails that item alone.
 * Throws `queue-unavailable` when it does not come back in `maxWriteMs`; the items may be written all the same.
 */
export function createGroupCommit<Item, Result>({
  write,
  maxItems = 200,
  maxWaitMs = 2,
  maxWriteMs = 10_000,
}: {
  write: (items: Item[]) => Promise<(Result | Error)[]>
  maxItems?: number
  maxWaitMs?: number
  maxWriteMs?: number
}): GroupCommit<Item, Result> {
  let group: Waiting<Item, Result>[] = []
  let timer: NodeJS.Timeout | undefined
  const writing = new Set<Promise<void>>()

  function flush(): void {
    clearTimeout(timer)
    timer = undefined
    if (group.length === 0) return
    const full = group
    group = []
    const written = writeGroup(full).finally(() => writing.delete(written))
    writing.add(written)
  }

  async function writeGroup(waiting: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await within(maxWriteMs, write(waiting.map(({ item }) => item)))
      waiting.forEach(({ resolve, reject }, index) => {
        const result = results[index]
        if (result instanceof Error) reject(result)
        else resolve(result as Result)
      })
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        group.push({ item, resolve, reject })
        if (group.length >= maxItems) flush()
        else timer ??= setTimeout(flush, maxWaitMs)
      }),
    drain: async () => {
      flush()
      await Promise.all(writing)
    },
  }
}

// A database that hangs says nothing, and nobody should wait for it longer than for one that is away.
async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const tooLate = () =>
      reject(problem('queue-unavailable', 'Orders cannot be taken right now', {}, { 'retry-after': '1' }))
    timer = setTimeout(tooLate, limitMs)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}
