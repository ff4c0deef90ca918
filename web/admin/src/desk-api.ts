import type { AnswerOf, PublicEndpoint } from '@kakilima/contracts/endpoint'
import { call as callShop, type PageArguments } from '@kakilima/ui/call'
import { ask, type AskOptions, askPage, type ListPage, ProblemError } from '@kakilima/ui/http'
import { useSession } from './features/session/session-store.ts'

const base = '/api/v1'
// A wrong password is a 401 as well, and ends nothing.
const endsOfSession = new Set(['unauthorized', 'session-ended'])

/** Calls the shop as whoever is signed in. A session that has ended brings the page to the sign-in. */
export function call<E extends PublicEndpoint>(endpoint: E, ...input: PageArguments<E>): Promise<NoInfer<AnswerOf<E>>> {
  return noticingTheEnd(callShop(endpoint, ...input))
}

/** Asks the API of the shop as whoever is signed in: `read('/orders/7')`. A session that has ended brings the page to the sign-in. */
export function read<T>(path: string, options?: AskOptions): Promise<T> {
  return noticingTheEnd(ask<T>(base + path, options))
}

/** A page of a list. `path` is below the API's address, or what an earlier page named as its next. */
export function readPage<T>(path: string, options?: AskOptions): Promise<ListPage<T>> {
  return noticingTheEnd(askPage<T>(path.startsWith(base) ? path : base + path, options))
}

/** Changes something: `write('PUT', '/products/7', {price: 5000})`. */
export function write<T>(
  method: 'POST' | 'PUT' | 'DELETE',
  path: string,
  body?: unknown,
  options: AskOptions = {},
): Promise<T> {
  return read<T>(path, { ...options, method, ...(body !== undefined && { body }) })
}

/** The text of a query with the parameters that have a value: `?limit=20&after=3`, or nothing. */
export function queryOf(parameters: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined && value !== '') query.set(name, String(value))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

/** Passes an answer on, and notes where it says that the session is over. */
export async function noticingTheEnd<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof ProblemError && endsOfSession.has(error.type)) useSession().forget()
    throw error
  }
}
