import { problem } from '@kakilima/contracts/problems'
import { hash, verify } from '@node-rs/argon2'
import pLimit from 'p-limit'

export type PasswordHasher = {
  hash: (password: string) => Promise<string>
  verify: (hash: string, password: string) => Promise<boolean>
}

/** What OWASP recommends for argon2id: 19 MiB, two passes. Took 10 ms on the machine this was made on. */
const parameters = { memoryCost: 19_456, timeCost: 2, parallelism: 1 }

/** The hash of 32 random bytes that nobody kept, with the parameters above. */
const hashOfNothing =
  '$argon2id$v=19$m=19456,t=2,p=1$QiXBhARULUJlo2RaOzvMpA$cWlPuESsmr71bG87Ryg+b8DkV37fjUmN7AFbka3nyF4'

// Each takes a core and 19 MiB. What waits longer than the callers' patience would only keep the others from being answered.
const mostAtOnce = 2
const mostWaiting = 60

/** argon2id on libuv's threads, a few at a time. Throws `too-many-requests` when too many wait already. */
export function createPasswordHasher(): PasswordHasher {
  const limit = pLimit(mostAtOnce)
  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (limit.pendingCount >= mostWaiting)
      throw problem('too-many-requests', 'Too many sign-ins at once: try again shortly')
    return limit(work)
  }
  return {
    hash: async (password) => inTurn(() => hash(normalize(password), parameters)),
    verify: async (stored, password) => inTurn(() => verify(stored, normalize(password))),
  }
}

/**
 * Whether this is the password that the hash was made of. Where there is none to compare with (no such user, no password), the answer is
 * no and takes as long, so that time tells nothing about who has an account.
 */
export async function isPasswordOf(
  hasher: PasswordHasher,
  stored: string | null | undefined,
  password: string,
): Promise<boolean> {
  const isRight = await hasher.verify(stored ?? hashOfNothing, password)
  return stored !== null && stored !== undefined && isRight
}

// The same text comes in several encodings, depending on the keyboard.
function normalize(password: string): string {
  return password.normalize('NFKC')
}
