import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { CatalogTables } from '../database.ts'
import type { ProductState } from './projection.ts'

const fields = [
  'name',
  'description',
  'price',
  'category',
  'category_slug',
  'slug',
  'sku',
  'image',
  'images',
  'status',
  'weight_grams',
  'created_at',
  'is_deleted',
] as const satisfies (keyof ProductState)[]

/** What a row says of its product. */
export const contents = [...fields, 'stock', 'updated_at'] as const satisfies (keyof ProductState)[]
const columns = ['id', ...contents, 'fields_version', 'stock_version'] as const satisfies (keyof ProductState)[]

// The same rules as those of merging states.
const hasNewerFields = sql`excluded.fields_version > p.fields_version`
const hasNewerStock = sql`
  (excluded.stock_version > p.stock_version or (excluded.stock_version = p.stock_version and excluded.is_deleted))`
const isNewer = sql`
  (excluded.version > p.version or (excluded.version = p.version and excluded.is_deleted))`

const takeWhere = (condition: typeof isNewer, names: (keyof ProductState)[]) =>
  sql.join(
    names.map(
      (name) =>
        sql`${sql.ref(name)} = case when ${condition} then ${sql.ref(`excluded.${name}`)} else ${sql.ref(`p.${name}`)} end`,
    ),
  )

/**
 * Brings the rows of products up to what the states say, one state for each product. A row never goes back to an older version, so that
 * states may come late, in any order and more than once.
 */
export async function applyStates(tx: Db<CatalogTables>, states: ProductState[]): Promise<void> {
  if (states.length === 0) return
  // In id order: two processes that work on the same rows wait for each other and never both.
  await sql`
    insert into products as p (${sql.join(columns.map((name) => sql.ref(name)))})
    select ${sql.join(columns.map((name) => sql.ref(name)))}
    from jsonb_populate_recordset(null::products, ${JSON.stringify(states)}::jsonb) order by id
    on conflict (id) do update set
      ${takeWhere(hasNewerFields, [...fields, 'fields_version'])},
      ${takeWhere(hasNewerStock, ['stock', 'stock_version'])},
      ${takeWhere(isNewer, ['updated_at'])}
    where ${hasNewerFields} or excluded.stock_version > p.stock_version
      or (excluded.is_deleted and not p.is_deleted and ${hasNewerStock})`.execute(tx)
}
