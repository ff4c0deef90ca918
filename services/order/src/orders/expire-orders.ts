import { type Loop, startLoop } from '@kakilima/kit/loop'
import type { Logger } from '@kakilima/kit/logger'
import { storeTransition } from '@kakilima/kit/transition'
import { sql } from 'kysely'
import { type FollowUpDeps, followUpNow } from './follow-up.ts'
import type { OrderRow } from './order.ts'

const batchSize = 1000

/**
 * Expires a batch of unpaid orders that are past their deadline by the clock of the database, and gives their stock back at once.
 * Returns how many.
 */
export async function expireOrders(deps: FollowUpDeps): Promise<number> {
  const expired = await storeTransition<OrderRow>(
    deps.db,
    'order.expired',
    // The clock is read once, in a query of its own: compared with a clock that runs on, every open order would have to be looked at.
    sql`
      update orders set status = 'expired', ended_at = clock_timestamp(), version = version + 1, updated_at = clock_timestamp()
      where id = any(array(
        select id from orders where status = 'awaiting_payment' and expires_at <= (select clock_timestamp())
        order by expires_at limit ${batchSize} for update skip locked
      ))`,
    { needsFollowUp: true },
  )
  await followUpNow(deps, 'order.expired', expired)
  return expired.length
}

/** Looks for due orders a few times a second. */
export function startExpirySweeper(deps: FollowUpDeps, logger: Logger): Loop {
  return startLoop({
    name: 'expiry sweeper',
    logger,
    idleMs: 200,
    round: async () => (await expireOrders(deps)) === batchSize,
  })
}
