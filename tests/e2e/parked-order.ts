import { shopDatabases } from '@kakilima/testkit/shop-database'
import { sql } from 'kysely'

/** Puts an order of one unit into a shop that could not be decided and is set aside for staff. Returns its id. */
export async function newParkedOrder(dataFolder: string, userId: number, productId: number): Promise<number> {
  const lines = JSON.stringify([{ product_id: productId, quantity: 1 }])
  const db = (await shopDatabases(dataFolder)).open('order')
  const { rows } = await sql<{ id: number }>`
    with accepted as (
      insert into new_orders (order_id, user_id, lines) values (nextval('order_ids'), ${userId}, ${lines}::jsonb)
      returning order_id
    )
    insert into parked_orders (order_id, reason) select order_id, 'Tas Rahasia' from accepted
    returning order_id as id`.execute(db)
  await db.destroy()
  return rows[0]!.id
}
