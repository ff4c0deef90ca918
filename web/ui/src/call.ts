import { addressOf } from '@kakilima/contracts/address'
import { type AnswerOf, type CallInput, type PublicEndpoint, publicPathOf } from '@kakilima/contracts/endpoint'
import { nextOf, totalCountHeader } from '@kakilima/contracts/paging'
import { type AskOptions, exchange } from './http.ts'

type Parts = Parameters<typeof addressOf>[1] & Pick<AskOptions, 'body' | 'headers' | 'signal' | 'timeoutMs'>

/** What a page gives with a call: what the endpoint takes, and for how long to wait. Nothing where nothing has to be said. */
export type PageInput<E extends PublicEndpoint> = CallInput<E> & Pick<AskOptions, 'signal' | 'timeoutMs'>
export type PageArguments<E extends PublicEndpoint> =
  {} extends CallInput<E> ? [input?: PageInput<E>] : [input: PageInput<E>]

/**
 * Calls an endpoint of the shop: `call(orderEndpoints.addOrderNote, { params: { id }, body: { text } })`. What comes back is what the
 * endpoint says. Throws `ProblemError` for every failure, also when no answer comes.
 *
 * `NoInfer` keeps the compiler from guessing the endpoint by what the caller wants back, which took it ten times as long.
 */
export async function call<E extends PublicEndpoint>(
  endpoint: E,
  ...[input]: PageArguments<E>
): Promise<NoInfer<AnswerOf<E>>> {
  const { params, query, ...options } = (input ?? {}) as unknown as Parts
  const address = addressOf(publicPathOf(endpoint), { params: params ?? {}, query: query ?? {} })
  const { found, status, headers } = await exchange(address, { ...options, method: endpoint.method })
  return answerOf(endpoint, found, status, headers) as AnswerOf<E>
}

function answerOf(
  { page, status: declared }: PublicEndpoint,
  found: unknown,
  status: number,
  headers: Headers,
): unknown {
  if (page !== undefined) {
    const total = headers.get(totalCountHeader)
    const next = nextOf(headers.get('link') ?? undefined, page)
    return { rows: found, next, ...(total !== null && { total: Number(total) }) }
  }
  return typeof declared === 'object' ? { isNew: status === 201, reply: found } : found
}

/** The address of an endpoint, for a link to what it answers. */
export function linkTo<E extends PublicEndpoint>(endpoint: E, input: CallInput<E>): string {
  return addressOf(publicPathOf(endpoint), input)
}
