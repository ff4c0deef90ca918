import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { CatalogTables } from '../database.ts'
import { forbidden } from './directus-error.ts'
import type { Visibility } from './item.ts'
import { matchItems } from './match-items.ts'
import type { ItemsQuery } from './query.ts'

export type Item = Record<string, unknown>

/** The statement of a page of items. The id decides between items that are alike, so that pages never overlap. */
export function selectItems(db: Db<CatalogTables>, visibility: Visibility, query: ItemsQuery) {
  let select = db.selectFrom('products').select(query.fields).where(matchItems(visibility, query))
  for (const { field, isDescending } of query.sort) select = select.orderBy(field, isDescending ? 'desc' : 'asc')
  return select.orderBy('id').limit(query.limit).offset(query.offset)
}

export async function findItems(db: Db<CatalogTables>, visibility: Visibility, query: ItemsQuery): Promise<Item[]> {
  return selectItems(db, visibility, query).execute()
}

/** One item, if it fits the filter as well. Throws the same for one that is not there and one that may not be seen. */
export async function findItem(
  db: Db<CatalogTables>,
  visibility: Visibility,
  id: number,
  query: ItemsQuery,
): Promise<Item> {
  const item = await db
    .selectFrom('products')
    .select(query.fields)
    .where('id', '=', id)
    .where(matchItems(visibility, query))
    .executeTakeFirst()
  if (item === undefined) throw forbidden()
  return item
}

/** How many items somebody may see at all (`total_count`), and how many of them fit filter and search (`filter_count`). */
export async function countItems(
  db: Db<CatalogTables>,
  visibility: Visibility,
  { meta, ...query }: ItemsQuery,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const name of meta) {
    const asked = name === 'total_count' ? { filter: undefined, search: undefined } : query
    const { count } = await db
      .selectFrom('products')
      .select(sql<number>`count(*)`.as('count'))
      .where(matchItems(visibility, asked))
      .executeTakeFirstOrThrow()
    counts[name] = count
  }
  return counts
}
