import { parseIds } from '@kakilima/contracts/ids'
import { defaultListLimit } from '@kakilima/contracts/lists'
import type { Customer, CustomerListQuery } from '@kakilima/contracts/user'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { UserTables } from '../database.ts'
import { matchesSearch } from '../users/matches-search.ts'
import { searchUsers } from '../users/search-users.ts'
import { userColumns } from '../users/user-columns.ts'

/** Customers as staff see them. Who works in the shop is none. */
export function selectCustomers(db: Db<UserTables>) {
  return db
    .selectFrom('users')
    .select([...userColumns, 'banned_at'])
    .where('role', '=', 'customer')
}

/** A page of customers, in ascending id or the newest first, and whether there are more behind it. */
export async function listCustomers(
  db: Db<UserTables>,
  { ids, search = '', sort = 'oldest', before, after, limit = defaultListLimit }: CustomerListQuery,
): Promise<{ rows: Customer[]; hasMore: boolean }> {
  const read = async (from: Db<UserTables>) => {
    let query = selectCustomers(from)
    if (ids !== undefined) query = query.where('id', '=', sql<number>`any(${parseIds(ids)}::int8[])`)
    if (before !== undefined) query = query.where('id', '<', before)
    if (after !== undefined) query = query.where('id', '>', after)
    if (search.trim() !== '') query = query.where(matchesSearch(search))
    return query
      .orderBy('id', sort === 'newest' ? 'desc' : 'asc')
      .limit(limit + 1)
      .execute()
  }
  const rows = await (search.trim() === '' ? read(db) : searchUsers(db, read))
  return { rows: rows.slice(0, limit), hasMore: rows.length > limit }
}
