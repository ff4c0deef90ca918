import type { FeedPositionTable } from '@kakilima/kit/durable-feed'

export type WebhookTables = {
  feed_positions: FeedPositionTable
}
