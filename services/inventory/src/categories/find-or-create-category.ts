import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { insertCategory } from './create-category.ts'

const maxTries = 10

/**
 * The id of the category of this name, which is made when there is none; null for no name. The category keeps its name until the
 * transaction ends.
 */
export async function findOrCreateCategory(tx: Db<InventoryTables>, name: string | null): Promise<number | null> {
  const trimmed = name?.trim() ?? ''
  if (trimmed === '') return null
  for (let attempt = 1; attempt <= maxTries; attempt++) {
    const { rows } = await sql<{ id: number }>`
      select id from categories where name = ${trimmed} for key share`.execute(tx)
    if (rows[0] !== undefined) return rows[0].id
    // Nothing is made where somebody else made it at the same moment, who is waited for: then the next look finds it.
    const made = await insertCategory(tx, { name: trimmed })
    if (made !== undefined) return made.id
  }
  throw new Error(`the category ${trimmed} came and went ${maxTries} times while it was looked for`)
}
