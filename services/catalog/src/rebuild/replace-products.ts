import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { CatalogTables } from '../database.ts'
import { applyStates, contents } from '../projections/apply-states.ts'
import type { ProductState } from '../projections/projection.ts'

/** What a row of products was made of when somebody looked. */
export type KnownVersions = { id: number; fields_version: number; stock_version: number }

/** The rows with the lowest ids above `after`, at most `limit` of them. */
export async function listVersions(db: Db<CatalogTables>, after: number, limit: number): Promise<KnownVersions[]> {
  return db
    .selectFrom('products')
    .select(['id', 'fields_version', 'stock_version'])
    .where('id', '>', after)
    .orderBy('id')
    .limit(limit)
    .execute()
}

/**
 * Puts what inventory has in the place of rows as they were before it was asked, whatever their versions: a row that inventory does not
 * have goes. A row that has changed since was changed by an event, and keeps what is newer of both. One that is right stays.
 */
export async function replaceProducts(
  db: Db<CatalogTables>,
  before: KnownVersions[],
  states: ProductState[],
): Promise<void> {
  const contentsOf = (row: string) => sql.join(contents.map((name) => sql.ref(`${row}.${name}`)))
  await inTransaction(db, async (tx) => {
    // Followers wait here or come second and begin anew from what is stored, as after each other's work: see `followDurably`.
    await tx
      .updateTable('feed_positions')
      .set({ revision: sql`revision + 1` })
      .where('feed', '=', 'inventory')
      .execute()
    await sql`
      delete from products where id in (
        select p.id from products p
        join unnest(
          ${before.map((row) => row.id)}::int8[],
          ${before.map((row) => row.fields_version)}::int8[],
          ${before.map((row) => row.stock_version)}::int8[]
        ) as b(id, fields_version, stock_version) using (id)
        left join jsonb_populate_recordset(null::products, ${JSON.stringify(states)}::jsonb) as s using (id)
        where p.fields_version = b.fields_version and p.stock_version = b.stock_version
          and row(p.version, ${contentsOf('p')})
            is distinct from row(greatest(s.fields_version, s.stock_version), ${contentsOf('s')})
        order by p.id for update of p
      )`.execute(tx)
    await applyStates(tx, states)
  })
}
