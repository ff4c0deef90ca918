import type { IncomingHttpHeaders } from 'node:http'
import type { Account } from '@kakilima/contracts/account'
import { problem } from '@kakilima/contracts/problems'
import { noteActor, sessionTokenHeader } from '@kakilima/kit/request-context'

/** Whom the token of a session names, as the account is now. */
export type FindAccount = (authorization: string) => Promise<Account | undefined>

/**
 * The id of the admin whose session a request is made in, by its headers. Whoever may call this service could otherwise make an admin, and outside of
 * production that is every program on the machine: so here nobody is believed who asks, but the token is shown to the gateway.
 */
export async function requireAdmin(headers: IncomingHttpHeaders, findAccount: FindAccount): Promise<number> {
  const token = headers[sessionTokenHeader]
  const account = typeof token === 'string' ? await findAccount(`Bearer ${token}`) : undefined
  if (account === undefined)
    throw problem('unauthorized', `Show the token of an admin's session in the header ${sessionTokenHeader}`)
  if (account.role !== 'admin') throw problem('forbidden', 'This is for admin only')
  noteActor(account.id)
  return account.id
}
