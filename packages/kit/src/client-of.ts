import type { AnswerOf, CallArguments, Endpoint } from '@kakilima/contracts/endpoint'
import type { TSchema } from 'typebox'
import type { CallParts, Neighbor } from './http-client.ts'

type Declared = Readonly<Record<string, Endpoint>>

/** A function for each endpoint that answers JSON: what it is given and brings is as the endpoint says. */
export type ClientOf<T extends Declared> = {
  [Name in keyof T as T[Name] extends { reply: TSchema } ? Name : never]: (
    ...input: CallArguments<T[Name]>
  ) => Promise<AnswerOf<T[Name]>>
}

/**
 * The calls of a neighbour by its endpoints: `orders.findOrder({ params: { id } })`. `tries` says how often each is tried in all, for
 * callers that come back by themselves.
 */
export function clientOf<T extends Declared>(
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
