import type { DeskSummary } from '@kakilima/contracts/order/desk'
import type { PaymentHistoryClient } from '@kakilima/contracts/desk-client'
import type { Db } from '@kakilima/kit/database'
import type { Queue } from '@kakilima/queue/queue'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'

/** Counts what waits for staff, by small indexes that hold nothing else, however many orders there are. */
export async function countWork({
  db,
  queue,
  paymentHistory,
}: {
  db: Db<OrderTables>
  queue: Queue
  paymentHistory: PaymentHistoryClient
}): Promise<DeskSummary> {
  const [{ rows }, refunds, { parked }] = await Promise.all([
    sql<Omit<DeskSummary, 'refund_due' | 'parked'>>`
      select count(*) filter (where status = 'paid') as paid, count(*) filter (where status = 'confirming') as confirming,
        (select count(*) from orders where status = 'awaiting_payment') as awaiting_payment
      from orders where status in ('paid', 'confirming')`.execute(db),
    paymentHistory.refundsDue(),
    queue.status(),
  ])
  return { ...rows[0]!, refund_due: refunds.count, parked }
}
