import type { ClientOf, Endpoint } from '@kakilima/contracts/endpoint'
import type { CallParts, Neighbor } from './http-client.ts'

/**
 * The calls of a neighbour by its endpoints: `orders.findOrder({ params: { id } })`. `tries` says how often each is tried in all, for
 * callers that come back by themselves.
 */
export function clientOf<T extends Readonly<Record<string, Endpoint>>>(
  declared: T,
  neighbor: Pick<Neighbor, 'ask'>,
  { tries }: { tries?: number } = {},
): ClientOf<T> {
  const calls = Object.entries(declared).map(([name, endpoint]) => [
    name,
    (input: CallParts = {}) => neighbor.ask(endpoint, input, tries),
  ])
  return Object.fromEntries(calls) as ClientOf<T>
}
