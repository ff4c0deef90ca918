import { createHash } from 'node:crypto'
import { LRUCache } from 'lru-cache'

/** An answer as it goes over the wire. */
export type Answer = { body: Buffer; etag: string }

export type KeptAnswers = {
  /** The answer that is kept under a key, or what `load` makes of it. Many who ask at once wait for one load. */
  answer: (key: string, load: () => Promise<object>) => Promise<Answer>
  /** Notes that an address asks for what is kept under a key. */
  noteUrl: (url: string, key: string) => void
  /** What is kept for an address, without looking what it asks for. */
  answerTo: (url: string) => Answer | undefined
  /** Forgets every answer, because products have changed. What is being loaded meanwhile goes to those who wait for it, and is not kept. */
  drop: () => void
  /** How many bytes are kept right now. */
  bytes: () => number
}

const longestUrl = 1000
const mostBytesOfUrls = 8 * 1024 * 1024
// What an entry costs beside its text.
const entryBytes = 500

/** Keeps the answers that the public gets, of `maxBytes` together, the most recently used ones. */
export function createKeptAnswers(maxBytes: number): KeptAnswers {
  const answers = new LRUCache<string, Answer>({
    maxSize: maxBytes,
    // One answer may not push out all others.
    maxEntrySize: Math.ceil(maxBytes / 4),
    sizeCalculation: ({ body }, key) => body.length + 2 * key.length + entryBytes,
  })
  // Keys, not answers: what an address asks for never changes, and answers that were pushed out are not held on to.
  const keys = new LRUCache<string, string>({
    maxSize: mostBytesOfUrls,
    sizeCalculation: (key, url) => 2 * (key.length + url.length) + entryBytes,
  })
  let loading = new Map<string, Promise<Answer>>()

  async function load(key: string, make: () => Promise<object>, mine: typeof loading): Promise<Answer> {
    try {
      const answer = toAnswer(await make())
      // Another map means that answers were dropped since: this one may be older than the change.
      if (mine === loading) answers.set(key, answer)
      return answer
    } finally {
      mine.delete(key)
    }
  }

  return {
    async answer(key, make) {
      const kept = answers.get(key)
      if (kept !== undefined) return kept
      let answer = loading.get(key)
      if (answer === undefined) {
        answer = load(key, make, loading)
        loading.set(key, answer)
      }
      return answer
    },
    noteUrl(url, key) {
      if (url.length <= longestUrl) keys.set(url, key)
    },
    answerTo(url) {
      const key = keys.get(url)
      return key === undefined ? undefined : answers.get(key)
    },
    drop() {
      answers.clear()
      // Who asks from now on does not join a load that began before.
      loading = new Map()
    },
    bytes: () => answers.calculatedSize,
  }
}

/** Writes an answer out. The tag names these bytes and no others. */
export function toAnswer(content: object): Answer {
  // Not a part of a larger buffer of Node's, which a small answer would hold on to.
  const body = Buffer.from(new TextEncoder().encode(JSON.stringify(content)).buffer)
  return { body, etag: `"${createHash('sha1').update(body).digest('base64url')}"` }
}

/** Whether the answer that a client has, by its `If-None-Match`, is still the one. */
export function isUnchanged(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false
  return ifNoneMatch.split(',').some((given) => ['*', etag].includes(given.trim().replace(/^W\//, '')))
}
