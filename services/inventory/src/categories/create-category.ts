import type { CategoryInput } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { slugOf } from '@kakilima/contracts/slug'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import type { StoredImage } from '../images/image.ts'
import type { CategoryRow } from './category.ts'

const maxTries = 10

/**
 * Makes a category, behind all others unless a position is given, and with a picture whose files are there already. Throws
 * `category-exists` and `slug-taken`.
 */
export async function createCategory(
  db: Db<InventoryTables>,
  input: CategoryInput,
  image: StoredImage | null = null,
): Promise<CategoryRow> {
  const name = input.name.trim()
  return inTransaction(db, async (tx) => {
    for (let attempt = 1; attempt <= maxTries; attempt++) {
      const category = await insertCategory(tx, { ...input, name }, image)
      if (category !== undefined) return category
      const namesake = await tx.selectFrom('categories').select('id').where('name', '=', name).executeTakeFirst()
      if (namesake !== undefined) throw problem('category-exists')
      // One that was made of the name was taken at the same moment, and the next one is another.
      if (input.slug !== undefined) break
    }
    throw problem('slug-taken')
  })
}

/** Stores a category with its entry in the audit log, unless its name or slug is taken: then returns undefined. */
export async function insertCategory(
  tx: Db<InventoryTables>,
  { name, slug, position }: CategoryInput,
  image: StoredImage | null = null,
): Promise<CategoryRow | undefined> {
  const own = slug ?? slugOf(name)
  const { rows } = await sql<CategoryRow>`
    with next as materialized (
      select nextval(pg_get_serial_sequence('categories', 'id')) as id
    )
    insert into categories (id, name, slug, position, image)
    overriding system value
    select id, ${name},
      case when ${slug !== undefined} then ${own}
        when ${own} = '' then 'category-' || id
        when exists (select from categories where slug = ${own}) then ${own} || '-' || id
        else ${own} end,
      coalesce(${position ?? null}, (select max(position) + 1 from categories), 1),
      ${image && JSON.stringify(image)}::jsonb
    from next
    on conflict do nothing
    returning *`.execute(tx)
  const [category] = rows
  if (category !== undefined)
    await addToAuditLog(tx, { action: 'category.create', subject_id: category.id, before: null, after: category })
  return category
}
