import type { Db } from '@kakilima/kit/database'
import type { CatalogTables } from '../database.ts'
import { aggregateItems } from './aggregate-items.ts'
import { countItems, findItem, findItems } from './find-items.ts'
import type { Visibility } from './item.ts'
import type { ItemsQuery } from './query.ts'

/** What is asked for: many items, or the one with this id. */
export type Question = { id: number | undefined; query: ItemsQuery }

/** Answers a question, with what was asked about the answer in front of it. */
export async function readItems(
  db: Db<CatalogTables>,
  visibility: Visibility,
  { id, query }: Question,
): Promise<object> {
  const data = await readData(db, visibility, id, query)
  return query.meta.length > 0 ? { meta: await countItems(db, visibility, query), data } : { data }
}

async function readData(db: Db<CatalogTables>, visibility: Visibility, id: number | undefined, query: ItemsQuery) {
  if (id !== undefined) return findItem(db, visibility, id, query)
  if (query.aggregation !== undefined) return aggregateItems(db, visibility, query, query.aggregation)
  return findItems(db, visibility, query)
}
