import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { invariant } from '@kakilima/contracts/invariant'

/** The header by which the services tell each other who of the staff asks. */
export const actorHeader = 'x-actor-id'

/** The header by which the gateway shows whose session asks, where a service wants that proved. */
export const sessionTokenHeader = 'x-session-token'

/** What is known of the request that is being answered, and passed on with the calls that answering it makes. */
export type RequestContext = {
  /** Finds its story in all logs. */
  requestId: string
  /** The id of the staff member who asks, where one does and is known. */
  actorId: number | undefined
}

/** What to call a request: by the name that it came with in `x-request-id`, or by a new one where that is missing or unfit. */
export function requestIdOf(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : randomUUID()
}

const current = new AsyncLocalStorage<RequestContext>()

export function runInRequest<T>(context: RequestContext, run: () => T): T {
  return current.run(context, run)
}

/** The request that is being answered, or undefined in loops and on the command line. */
export function currentRequest(): RequestContext | undefined {
  return current.getStore()
}

/** Notes who of the staff makes the request that is being answered, once that is known. */
export function noteActor(actorId: number): void {
  const context = current.getStore()
  invariant(context !== undefined, 'only a request has an actor')
  context.actorId = actorId
}
