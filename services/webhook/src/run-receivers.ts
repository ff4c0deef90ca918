import { type EventSource, eventSources } from '@kakilima/contracts/events'
import type { ProductClient } from '@kakilima/contracts/shop-clients'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import type { Agent } from 'undici'
import { type Loop, startLoop } from '@kakilima/kit/loop'
import type { WebhookTables } from './database.ts'
import type { ClaimedDelivery } from './deliveries/claim-deliveries.ts'
import type { Outcome } from './deliveries/delivery.ts'
import { startLane } from './deliveries/lane.ts'
import { followEvents } from './events/follow-events.ts'
import { createUnreachableFinder } from './messages/find-unreachable.ts'
import { type MessageDeps, sendMessage } from './messages/send-message.ts'
import { createReceiverAgent, type Resolve } from './sending/guarded-agent.ts'
import { sendToDirectus } from './sending/send-to-directus.ts'
import { sendWebhook } from './sending/send-webhook.ts'
import type { EnvironmentReceiver } from './subscriptions/environment-receivers.ts'
import { type Feeds, settleFeed } from './subscriptions/feed-positions.ts'
import { sourcesOf, type SubscriptionRow } from './subscriptions/subscription.ts'
import { syncProducts } from './subscriptions/sync-products.ts'

export type ReceiverDeps = {
  db: Db<WebhookTables>
  logger: Logger
  feeds: Feeds
  products: Pick<ProductClient, 'page' | 'get'>
  environment: EnvironmentReceiver[]
  /** By what customers are told of their orders. */
  messages: MessageDeps & { timeoutMs: number }
  timeoutMs: number
  retryHours: number
  resolve?: Resolve
}

/** How many deliveries to one receiver are under way at once. */
const mostInFlight = 8
/** How long a message that is being sent may take when the service ends. A customer who is told twice wonders. */
const messageGraceMs = 3000

type Lane = { loop: Loop; close: () => Promise<void> }
type Active = Pick<SubscriptionRow, 'id' | 'name' | 'kind' | 'event_types' | 'sync_after'>

/**
 * Keeps a lane for each active subscription, and follows the services whose events somebody wants, and no others. Looks every two seconds
 * what has changed, since another process may have changed it; `wake` makes it look at once.
 */
export function runReceivers(deps: ReceiverDeps): Loop {
  const { db, logger, feeds, products, environment, messages } = deps
  const findUnreachable = createUnreachableFinder({ ...messages, logger })
  const lanes = new Map<number, Lane>()
  const followers = new Map<EventSource, Loop>()
  const wakeLanes = () => lanes.forEach((lane) => lane.loop.wake())

  async function round(): Promise<boolean> {
    const active = await db
      .selectFrom('subscriptions')
      .select(['id', 'name', 'kind', 'event_types', 'sync_after'])
      .where('is_active', '=', true)
      .execute()
    await keepLanes(active.filter(({ name }) => name === null || receiverOf(name) !== undefined))
    const wanted = sourcesOf(active.flatMap(({ event_types }) => event_types))
    await keepFollowers(wanted)
    wakeLanes()
    if (active.some(({ sync_after }) => sync_after !== null)) syncing.wake()
    const followed = await db.selectFrom('feed_positions').select('feed').execute()
    for (const source of eventSources)
      if (!wanted.includes(source) && followed.some(({ feed }) => feed === source)) await settleFeed(db, feeds, source)
    return false
  }

  async function keepLanes(active: Active[]): Promise<void> {
    const ids = new Set(active.map(({ id }) => id))
    for (const subscription of active)
      if (!lanes.has(subscription.id)) lanes.set(subscription.id, openLane(subscription))
    await Promise.all([...lanes.keys()].filter((id) => !ids.has(id)).map(closeLane))
  }

  async function keepFollowers(wanted: EventSource[]): Promise<void> {
    for (const source of wanted)
      if (!followers.has(source))
        followers.set(source, followEvents({ db, logger, feeds, findUnreachable }, source, wakeLanes))
    await Promise.all([...followers.keys()].filter((source) => !wanted.includes(source)).map(stopFollower))
  }

  function openLane({ id: subscriptionId, name, kind }: Active): Lane {
    const { timeoutMs, retryHours, resolve } = deps
    const lane = { db, logger, subscriptionId, retryHours }
    if (kind === 'message') {
      const send = (delivery: ClaimedDelivery, signal: AbortSignal) => sendMessage(messages, delivery, signal)
      const own = {
        timeoutMs: messages.timeoutMs,
        mostInFlight: messages.channel.mostInFlight,
        graceMs: messageGraceMs,
      }
      return { loop: startLane({ ...lane, ...own, send }), close: async () => undefined }
    }
    const agent = createReceiverAgent({
      mayBePrivate: name !== null,
      timeoutMs,
      connections: mostInFlight,
      ...(resolve && { resolve }),
    })
    const send = (delivery: ClaimedDelivery, signal: AbortSignal) => sendBy(agent, delivery, signal)
    return { loop: startLane({ ...lane, timeoutMs, mostInFlight, send }), close: () => agent.destroy() }
  }

  function sendBy(agent: Agent, delivery: ClaimedDelivery, signal: AbortSignal): Promise<Outcome> {
    if (delivery.name === null) return sendWebhook(agent, delivery, signal)
    const { secret } = receiverOf(delivery.name)!
    return delivery.kind === 'directus'
      ? sendToDirectus({ agent, token: secret, findProduct: products.get }, delivery, signal)
      : sendWebhook(agent, { ...delivery, secrets: [secret] }, signal)
  }

  function receiverOf(name: string): EnvironmentReceiver | undefined {
    return environment.find((receiver) => receiver.name === name)
  }

  async function closeLane(id: number): Promise<void> {
    const lane = lanes.get(id)!
    lanes.delete(id)
    await lane.loop.stop()
    await lane.close()
  }

  async function stopFollower(source: EventSource): Promise<void> {
    const follower = followers.get(source)!
    followers.delete(source)
    await follower.stop()
  }

  const syncing = startLoop({
    name: 'syncs of products',
    logger,
    idleMs: 60_000,
    round: async () => {
      const hasMore = await syncProducts(db, products.page)
      if (hasMore) wakeLanes()
      return hasMore
    },
  })
  const loop = startLoop({ name: 'receivers of events', logger, idleMs: 2000, round })
  return {
    wake: loop.wake,
    async stop() {
      await Promise.all([loop.stop(), syncing.stop()])
      await Promise.all([...[...followers.keys()].map(stopFollower), ...[...lanes.keys()].map(closeLane)])
    },
  }
}
