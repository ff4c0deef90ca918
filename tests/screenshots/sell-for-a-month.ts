import type { Caller } from '@kakilima/testkit/call'
import { waitFor } from '@kakilima/testkit/call'
import { shopDatabases } from '@kakilima/testkit/shop-database'
import { sql } from 'kysely'

const names = ['Sari Wulandari', 'Budi Santoso', 'Dewi Lestari', 'Agus Pratama', 'Rina Marlina', 'Joko Susilo']
const methods = ['QRIS', 'EWALLET', 'VIRTUAL_ACCOUNT', 'CASH'] as const
const days = 30

/**
 * Gives a demo shop a month of trade for its pictures: orders that are really placed and paid over the API, and then moved back in time,
 * since nobody waits a month for a picture. The last ones stay as they are and wait for their confirmation.
 */
export async function sellForAMonth(api: Caller, staff: { authorization: string }, dataFolder: string): Promise<void> {
  const ids: number[] = []
  for (let n = 0; n < 150; n++) {
    const name = names[n % names.length]!
    const guest = await api.post('gateway', '/api/v1/auth/guest', { name, phone: `0812-3456-78${10 + (n % 90)}` })
    const buyer = { authorization: `Bearer ${guest.body.token}` }
    const items = [{ product_id: 1 + ((n * 37) % 200), quantity: 1 + (n % 2) }]
    const { body } = await api.post('gateway', '/api/v1/orders', { items }, buyer)
    const decided = await waitFor(
      () => api.get('gateway', body.status_url, buyer),
      (answer) => answer.body.status !== 'queued',
    )
    if (decided.body.status !== 'awaiting_payment' || n % 7 === 6) continue
    const method = { payment_method: methods[n % methods.length] }
    const payment = await api.post('gateway', `${body.status_url}/payments`, method, buyer)
    await api.post('gateway', `/api/v1/payments/${payment.body.id}/confirm`, undefined, buyer)
    ids.push(body.order_id)
  }
  const past = ids.slice(0, -14)
  for (let start = 0; start < past.length; start += 100)
    await api.post('gateway', '/api/v1/orders/confirmations', { order_ids: past.slice(start, start + 100) }, staff)
  const db = (await shopDatabases(dataFolder)).open('order')
  // More on some days than on others, as trade goes.
  await sql`
    update orders set created_at = created_at - back, paid_at = paid_at - back, confirmed_at = confirmed_at - back
    from (
      select id as moved, (floor(${days} * (1 - sqrt(row_number() over (order by id) / ${past.length}::float8))) + id % 3) * interval '1 day' as back
      from orders where id = any(${past}::int8[])
    ) as moves where id = moved`.execute(db)
  await db.destroy()
}
