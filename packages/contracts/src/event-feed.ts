import Type, { type Static } from 'typebox'
import { eventTypes, ShopEvent } from './events.ts'
import { Id } from './ids.ts'

/** How many events one reading of a feed holds at most. Fewer say that there are no more. */
export const feedPage = 500

/** How many ids one reading goes through at most where only some types are wanted, to find `feedPage` events of those. */
export const scannedPage = 5000

/** How many missing events one reading looks for at most: a body of less than a megabyte. */
export const mostMissing = 50_000

/** How far a reader of a service's events has come. */
export const FeedPosition = Type.Object({
  after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'the highest id seen' }),
  missing: Type.Array(Id, { maxItems: mostMissing, description: 'ids below it that may still be committed' }),
})
export type FeedPosition = Static<typeof FeedPosition>

/** The services whose progress is kept in mind where they read: an event stays until they have asked past it. */
const ReaderName = Type.Enum(['catalog', 'webhook'])
export type ReaderName = Static<typeof ReaderName>

/** Asks for the events after a position. By asking, a named reader says that it needs none before it any more. */
export const FeedRequest = Type.Object({
  ...FeedPosition.properties,
  reader: Type.Optional(ReaderName),
  types: Type.Optional(
    Type.Array(Type.Enum([...eventTypes]), { maxItems: 100, description: 'which events are wanted; all unless given' }),
  ),
})
export type FeedRequest = Static<typeof FeedRequest>

export const ReaderPath = Type.Object({ reader: ReaderName })

/** Up to which id whatever is missing will never come: the writes that held those ids have failed. */
export const Settled = Type.Integer({
  minimum: 0,
  description: 'up to here what is missing and does not stand in this answer can never appear',
})

/** What a service answers to a reader: events in ascending id, and whether some that the reader still needs are gone. */
export const FeedReply = Type.Object({
  events: Type.Array(ShopEvent),
  passed: Type.Optional(
    Type.Array(Id, {
      description: 'ids of events of types that are not wanted. Where `types` was not given there are none',
    }),
  ),
  settled: Settled,
  is_cut: Type.Boolean({
    description:
      'whether the reader must begin anew: it was away for too long and events after the position were dropped, or the ' +
      'service was restored from an older copy and does not know the position',
  }),
})
export type FeedReply = Static<typeof FeedReply>
