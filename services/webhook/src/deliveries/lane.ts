import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { backoffMs, type Loop, startLoop } from '@kakilima/kit/loop'
import type { WebhookTables } from '../database.ts'
import { claimDeliveries, type ClaimedDelivery, nextDueMs } from './claim-deliveries.ts'
import type { Outcome } from './delivery.ts'
import { recordOutcome } from './record-outcome.ts'

/** How many failures in a row say that a receiver is down. */
const failuresOfDown = 8

const [shortestRestMs, idleMs] = [250, 2000]
const longestProbePauseMs = 30_000
/** What a try takes beside its time limit, before somebody else may think that this process is gone. */
const leaseMarginMs = 5000

export type LaneOptions = {
  db: Db<WebhookTables>
  logger: Logger
  subscriptionId: number
  timeoutMs: number
  retryHours: number
  /** How many deliveries are under way at once. */
  mostInFlight: number
  /** How long those under way may go on when the service ends, where sending something twice is worse than waiting. */
  graceMs?: number
  send: (delivery: ClaimedDelivery, signal: AbortSignal) => Promise<Outcome>
}

/**
 * Makes the deliveries of one subscription. Each has a lane of its own, with its own connections, so that a receiver that is slow or
 * away keeps nobody waiting but itself. While a receiver fails again and again without a success, it is tried one delivery at a time,
 * with pauses.
 */
export function startLane(options: LaneOptions): Loop {
  const { db, logger, subscriptionId, timeoutMs, retryHours, mostInFlight, graceMs = 0, send } = options
  const inFlight = new Map<AbortController, Promise<void>>()
  let isStopping = false
  let failuresInRow = 0
  let restUntil = 0
  let alarm: NodeJS.Timeout | undefined

  async function round(): Promise<boolean> {
    const isDown = failuresInRow >= failuresOfDown
    const room = (isDown ? 1 : mostInFlight) - inFlight.size
    if (room <= 0 || performance.now() < restUntil) return false
    const claimed = await claimDeliveries(db, subscriptionId, room, 2 * timeoutMs + leaseMarginMs)
    for (const delivery of claimed) {
      const limit = new AbortController()
      const making = make(delivery, limit).finally(() => {
        inFlight.delete(limit)
        loop.wake()
      })
      inFlight.set(limit, making)
    }
    if (claimed.length < room) await setAlarm()
    return false
  }

  async function make(delivery: ClaimedDelivery, limit: AbortController): Promise<void> {
    const startedAt = performance.now()
    const timer = setTimeout(() => limit.abort(new Error('There was no whole answer in time')), timeoutMs)
    const sent = await send(delivery, limit.signal)
    clearTimeout(timer)
    const isCut = sent.verdict === 'failed' && isStopping
    const outcome: Outcome = isCut ? { ...sent, verdict: 'interrupted' } : sent
    note(outcome)
    const tried = { id: delivery.id, claim: delivery.claim, attempts: delivery.attempts, subscriptionId }
    try {
      await recordOutcome(db, tried, outcome, performance.now() - startedAt, retryHours)
    } catch (err) {
      // Its lease passes, and it is made again.
      logger.warn(
        { err, delivery: delivery.id },
        'what came of a delivery could not be noted, so it will be made again',
      )
    }
  }

  function note({ verdict, status, retryAfterMs }: Outcome): void {
    // Who refuses one message is there to take others.
    if (verdict === 'delivered' || verdict === 'refused') failuresInRow = 0
    if (verdict !== 'failed') return
    failuresInRow++
    const over = failuresInRow - failuresOfDown
    const pauseMs = over < 0 ? 0 : backoffMs(1000, over, longestProbePauseMs)
    const isBusy = status === 429 || status === 503
    const askedMs = isBusy ? Math.min(retryAfterMs ?? 0, longestProbePauseMs) : 0
    restUntil = Math.max(restUntil, performance.now() + Math.max(pauseMs, askedMs))
    rest(restUntil - performance.now())
  }

  async function setAlarm(): Promise<void> {
    const dueMs = await nextDueMs(db, subscriptionId)
    // What is due and was not taken waits for an earlier one of its subject, or for its pace.
    if (dueMs !== undefined && dueMs < idleMs) rest(Math.max(dueMs, shortestRestMs))
  }

  function rest(ms: number): void {
    clearTimeout(alarm)
    alarm = setTimeout(() => loop.wake(), Math.max(0, ms))
  }

  const loop = startLoop({ name: `deliveries of subscription ${subscriptionId}`, logger, idleMs, round })
  return {
    wake: loop.wake,
    async stop() {
      isStopping = true
      await loop.stop()
      if (graceMs > 0) await Promise.race([Promise.all(inFlight.values()), sleep(graceMs, undefined, { ref: false })])
      for (const limit of inFlight.keys()) limit.abort(new Error('The service ends'))
      await Promise.all(inFlight.values())
      clearTimeout(alarm)
    },
  }
}
