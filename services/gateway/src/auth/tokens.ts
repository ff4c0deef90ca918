import { createHash } from 'node:crypto'
import { type Role, roles, sessionHours } from '@kakilima/contracts/account'
import { createDecoder, createSigner, createVerifier } from 'fast-jwt'
import { LRUCache } from 'lru-cache'

/** Who calls, as the token says. */
export type Caller = { userId: number; sessionId: number; role: Role }

export type Tokens = {
  /** Signs a token for a session that ends at `expiresAt`. */
  sign: (caller: Caller, expiresAt: Date) => string
  /** Whom a token names, or undefined when it is none of ours, altered or expired. */
  read: (token: string) => Caller | undefined
}

const audience = 'kakilima'
const algorithm = 'HS256'
const rememberedTokens = 50_000

/**
 * Tokens of one fixed algorithm, signed with the first secret and accepted with each of them. A token is checked once and then known
 * by its text until it expires: checking costs more than the rest of an order's way through the gateway.
 */
export function createTokens(secrets: string[]): Tokens {
  const keys = secrets.map((secret) => ({ id: createHash('sha256').update(secret).digest('hex').slice(0, 8), secret }))
  const verifiers = new Map(
    keys.map(({ id, secret }) => [
      id,
      createVerifier({
        key: secret,
        algorithms: [algorithm],
        allowedAud: audience,
        // Its age is judged by `iat`, and only where there is one.
        requiredClaims: ['iat', 'exp', 'sub', 'sid', 'role', 'aud'],
        maxAge: sessionHours * 60 * 60 * 1000,
      }),
    ]),
  )
  const signKey = keys[0]!
  const sign = createSigner({ key: signKey.secret, algorithm, kid: signKey.id, aud: audience })
  const decode = createDecoder({ complete: true })
  const known = new LRUCache<string, { caller: Caller; expiresAtMs: number }>({ max: rememberedTokens })

  function check(token: string): { caller: Caller; expiresAtMs: number } | undefined {
    try {
      const claims: unknown = verifiers.get(decode(token).header.kid)?.(token)
      return readClaims(claims)
    } catch (error) {
      // What can't be read or isn't ours names nobody: that is the answer, and the caller turns it into a 401.
      if (error instanceof Error && 'code' in error && String(error.code).startsWith('FAST_JWT')) return undefined
      throw error
    }
  }

  return {
    sign: ({ userId, sessionId, role }, expiresAt) =>
      sign({ sub: String(userId), sid: sessionId, role, exp: Math.floor(expiresAt.getTime() / 1000) }),
    read: (token) => {
      let entry = known.get(token)
      if (entry === undefined) {
        entry = check(token)
        if (entry !== undefined) known.set(token, entry)
      }
      return entry !== undefined && entry.expiresAtMs > Date.now() ? entry.caller : undefined
    },
  }
}

function readClaims(claims: unknown): { caller: Caller; expiresAtMs: number } | undefined {
  if (typeof claims !== 'object' || claims === null) return undefined
  const { sub, sid, role, exp } = claims as Record<string, unknown>
  // A text and nothing that could be read as one: null, '' and [7] are numbers to JavaScript.
  if (typeof sub !== 'string' || !/^[1-9]\d{0,15}$/.test(sub) || !isId(Number(sub))) return undefined
  if (!isId(sid) || typeof exp !== 'number' || !roles.includes(role as Role)) return undefined
  return { caller: { userId: Number(sub), sessionId: sid, role: role as Role }, expiresAtMs: exp * 1000 }
}

function isId(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0
}
