import type { Db } from '@kakilima/kit/database'
import { type RawBuilder, sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import type { ProductRow } from './product.ts'

const asOnTheWire = (column: string) =>
  sql`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`

/** Stores an event for each of these products, with all that presenting them takes. For the transaction of the change, behind it. */
export function productEvents(type: 'product.created' | 'product.updated', ids: number[]): RawBuilder<unknown> {
  return sql`
    insert into outbox (type, subject_id, version, data)
    select ${type}, p.id, p.version, to_jsonb(p) || jsonb_build_object(
      'category', c.name, 'category_slug', c.slug,
      'created_at', ${asOnTheWire('p.created_at')}, 'updated_at', ${asOnTheWire('p.updated_at')}
    )
    from products p left join categories c on c.id = p.category_id
    where p.id = any(${ids}::int8[]) order by p.id`
}

/** Stores the events of these products. Returns what they hold: the rows as the change left them, in ascending id. */
export async function addProductEvents(
  tx: Db<InventoryTables>,
  type: 'product.created' | 'product.updated',
  ids: number[],
): Promise<ProductRow[]> {
  const { rows } = await sql<{ data: ProductRow }>`
    ${productEvents(type, ids)} returning data`.execute(tx)
  return rows.map((row) => row.data)
}
