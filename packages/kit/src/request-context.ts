import { AsyncLocalStorage } from 'node:async_hooks'

// Carries the id of the request being answered to the calls that answering it makes, so that one id finds a story in all logs.
const current = new AsyncLocalStorage<string>()

export function runWithRequestId<T>(requestId: string, run: () => T): T {
  return current.run(requestId, run)
}

export function currentRequestId(): string | undefined {
  return current.getStore()
}
