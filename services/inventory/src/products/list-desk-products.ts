import type { DeskProductQuery, ProductOrder } from '@kakilima/contracts/desk-products'
import { parseIds } from '@kakilima/contracts/ids'
import type { Db } from '@kakilima/kit/database'
import { type RawBuilder, sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { type DeskCursor, readDeskCursor, writeDeskCursor } from './desk-cursor.ts'
import { selectProducts } from './find-product.ts'
import type { ProductRow } from './product.ts'

const defaultLimit = 100

export type DeskPage = {
  rows: ProductRow[]
  /** Where the next page begins, or undefined at the end. */
  next: string | undefined
  /** How many products fit, on all pages. */
  total: number
}

/** What a list is in the order of. */
const keys: Record<ProductOrder, RawBuilder<unknown>> = {
  id: sql`id`,
  name: sql`lower(name)`,
  price: sql`price`,
  stock: sql`stock`,
  available: sql`stock - reserved`,
  updated_at: sql`updated_at`,
}

/**
 * A page of the products that are not gone, of whatever status, for staff. `search` finds part of a name or of a code, in any case, or
 * the id (`#7`: nothing else). Throws `invalid-input` for a cursor that is none of this order.
 */
export async function listDeskProducts(
  db: Db<InventoryTables>,
  { sort = '-id', limit = defaultLimit, cursor, ...filters }: DeskProductQuery,
): Promise<DeskPage> {
  const isDown = sort.startsWith('-')
  const order = sort.replace('-', '') as ProductOrder
  const from = cursor === undefined ? undefined : readDeskCursor(cursor, sort)
  const direction = isDown ? 'desc' : 'asc'
  const [places, { total }] = await Promise.all([
    matching(db, filters)
      // Of times the microseconds, which is how the database tells two of them apart.
      .select(['id', sql<number | string>`${order === 'updated_at' ? microseconds : keys[order]}`.as('key')])
      .$if(from !== undefined, (query) => query.where(behind(order, isDown, from!)))
      .orderBy(sql`${keys[order]} ${sql.raw(direction)}`)
      .orderBy('id', direction)
      .limit(limit + 1)
      .execute(),
    matching(db, filters)
      .select(sql<number>`count(*)`.as('total'))
      .executeTakeFirstOrThrow(),
  ])
  const shown = places.slice(0, limit)
  const last = places.length > limit ? shown.at(-1) : undefined
  // Only then the rows themselves: the database would sort all that fit with all that they hold.
  const ids = shown.map(({ id }) => id)
  const rows = await selectProducts(db)
    .where('id', '=', sql<number>`any(${ids}::int8[])`)
    .execute()
  const byId = new Map(rows.map((row) => [row.id, row]))
  return { rows: ids.flatMap((id) => byId.get(id) ?? []), next: last && writeDeskCursor(sort, last), total }
}

const microseconds = sql`(extract(epoch from updated_at) * 1000000)::int8`

/** What stands behind a place in the list. The id decides between products that are alike. */
function behind(order: ProductOrder, isDown: boolean, { key, id }: DeskCursor) {
  const value =
    order === 'updated_at'
      ? sql`timestamptz 'epoch' + ${key}::float8 * interval '1 microsecond'`
      : order === 'name'
        ? sql`${key}::text`
        : sql`${key}::int8`
  return sql<boolean>`(${keys[order]}, id) ${sql.raw(isDown ? '<' : '>')} (${value}, ${id}::int8)`
}

function matching(
  db: Db<InventoryTables>,
  { ids, search, status, category_slug, available_at_most }: DeskProductQuery,
) {
  let query = db.selectFrom('products').where('deleted_at', 'is', null)
  if (ids !== undefined) query = query.where('id', '=', sql<number>`any(${parseIds(ids)}::int8[])`)
  if (status !== undefined) query = query.where('status', '=', status)
  if (available_at_most !== undefined) query = query.where(sql`stock - reserved`, '<=', available_at_most)
  if (category_slug === '-') query = query.where('category_id', 'is', null)
  else if (category_slug !== undefined)
    query = query.where('category_id', '=', (where) =>
      where.selectFrom('categories').select('categories.id').where('categories.slug', '=', category_slug),
    )
  const text = search?.trim() ?? ''
  const id = /^#?(\d{1,15})$/.exec(text)?.[1]
  if (id !== undefined && text.startsWith('#')) return query.where('id', '=', Number(id))
  if (text !== '') {
    const part = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
    query = query.where((where) =>
      where.or([
        where('name', 'ilike', part),
        where('sku', 'ilike', part),
        ...(id === undefined ? [] : [where('id', '=', Number(id))]),
      ]),
    )
  }
  return query
}
