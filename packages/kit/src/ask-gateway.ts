import type { Account } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'

const timeoutMs = 3000
// Anything else is no token of a session, and a mistyped secret is sent to nobody.
const looksLikeToken = /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/

/**
 * Asks the gateway whom a session's token names, as the account is now: undefined where the token does not count (any more). The secret
 * that tokens are signed with, and the list of ended sessions, stay with the gateway. Throws `neighbor-unavailable` when it is away.
 */
export async function askGateway(url: string, authorization: string): Promise<Account | undefined> {
  if (!looksLikeToken.test(authorization)) return undefined
  try {
    const answer = await fetch(`${url.replace(/\/$/, '')}/api/v1/me`, {
      headers: { authorization },
      signal: AbortSignal.timeout(timeoutMs),
    })
    if (answer.ok) return (await answer.json()) as Account
    if (answer.status === 401) return undefined
  } catch (error) {
    throw unavailable(error)
  }
  throw unavailable()
}

function unavailable(cause?: unknown): Error {
  const away = problem('neighbor-unavailable', 'The gateway cannot be asked')
  away.cause = cause
  return away
}
