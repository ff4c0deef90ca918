import Type, { type Static } from 'typebox'
import { Id } from './ids.ts'

/** How many events one reading of a feed holds at most. Fewer say that there are no more. */
export const feedPage = 500

/** How many missing events one reading looks for at most: a body of less than a megabyte. */
export const mostMissing = 50_000

/** How far a reader of a service's events has come. */
export const FeedPosition = Type.Object({
  after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'the highest id seen' }),
  missing: Type.Array(Id, { maxItems: mostMissing, description: 'ids below it that may still be committed' }),
})
export type FeedPosition = Static<typeof FeedPosition>
