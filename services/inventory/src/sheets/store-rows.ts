import type { ProductInput } from '@kakilima/contracts/inventory'
import { addToAuditLog } from '@kakilima/kit/audit-log'
import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import { findOrCreateCategory } from '../categories/find-or-create-category.ts'
import type { InventoryTables } from '../database.ts'
import { addProductEvents } from '../products/add-product-events.ts'
import { insertProducts } from '../products/insert-products.ts'
import type { ProductRow } from '../products/product.ts'
import { addMovements } from '../stock/add-movements.ts'
import { planRows, type RowPlan } from './plan-rows.ts'
import type { SheetRow } from './sheet-row.ts'

export type ImportOptions = { setStock: boolean; isDryRun: boolean }

type Update = Extract<RowPlan, { is: 'updated' }>

/** One import stores at a time, so that of two that bring the same new code the second finds what the first has made. */
const importLock = 7_023_101
/** Nobody waits for one answer here, but orders wait for these locks: longer than they may take, and not for ever. */
const lockTimeout = '20s'

/** Thrown to roll back what a dry run has tried. */
class DryRun extends Error {}

/** Thrown where rows of one batch mean the same product: they have to be stored one by one. */
export class SameProductTwice extends Error {}

/**
 * Stores rows of a sheet, those that can be, in one transaction with their events and their entries in the audit log. Products that have
 * all of it already are not even locked. Returns what became of each row. Throws where one of them fails in the database.
 */
export async function storeRows(
  db: Db<InventoryTables>,
  rows: SheetRow[],
  { setStock, isDryRun }: ImportOptions,
): Promise<RowPlan[]> {
  const first = await planRows(db, rows, setStock)
  if (!first.some(isWork)) return first
  let plans = first
  try {
    await inTransaction(db, async (tx) => {
      await sql`select set_config('lock_timeout', ${lockTimeout}, true)`.execute(tx)
      await sql`select pg_advisory_xact_lock(${importLock})`.execute(tx)
      plans = await applyRows(tx, rows, setStock, isDryRun)
      if (isDryRun) throw new DryRun()
    })
  } catch (error) {
    if (!(error instanceof DryRun)) throw error
  }
  return plans
}

async function applyRows(
  tx: Db<InventoryTables>,
  rows: SheetRow[],
  setStock: boolean,
  isDryRun: boolean,
): Promise<RowPlan[]> {
  // Categories before products, and products in id order, as everybody takes their locks.
  const seen = await planRows(tx, rows, setStock)
  const categories = new Map<string, number | null>()
  for (const name of new Set(seen.flatMap(categoryOf).toSorted()))
    categories.set(name, await findOrCreateCategory(tx, name))
  const ids = seen.flatMap((plan) => (plan.is === 'updated' ? plan.before.id : []))
  if (new Set(ids).size < ids.length) throw new SameProductTwice()
  await sql`select from products where id = any(${ids}::int8[]) order by id for no key update`.execute(tx)
  // Once more, now that nobody changes them.
  const plans = ids.length === 0 ? seen : await planRows(tx, rows, setStock)
  for (const name of new Set(plans.flatMap(categoryOf)))
    if (!categories.has(name)) categories.set(name, await findOrCreateCategory(tx, name))
  const categoryId = (name: string | null | undefined) => (name ? (categories.get(name.trim()) ?? null) : null)

  const updates = plans.filter((plan) => plan.is === 'updated')
  const inputs = plans.flatMap((plan) => (plan.is === 'created' ? plan.input : []))
  await updateProducts(tx, updates, categoryId)
  const made = await insertProducts(
    tx,
    inputs.map((input) => ({ input, categoryId: categoryId(input.category), images: [] })),
  )
  // Nothing is told of what will not be: even the number of an event that was never there is waited for by those who follow them.
  if (!isDryRun) await tell(tx, updates, made)
  return plans
}

async function updateProducts(
  tx: Db<InventoryTables>,
  updates: Update[],
  categoryId: (name: string | null | undefined) => number | null,
): Promise<void> {
  if (updates.length === 0) return
  const values = updates.map(({ before, change: { category, name, ...change } }) => ({
    ...before,
    ...change,
    name: name?.trim() ?? before.name,
    category_id: category === undefined ? before.category_id : categoryId(category),
  }))
  await sql`
    update products p set name = d.name, price = d.price, stock = d.stock, slug = d.slug, description = d.description, sku = d.sku,
      category_id = d.category_id, image = d.image, status = d.status, weight_grams = d.weight_grams,
      version = version + 1, updated_at = clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(values)}::jsonb) as d(id int8, name text, price int8, stock int8, slug text,
      description text, sku text, category_id int8, image text, status text, weight_grams int8)
    where p.id = d.id`.execute(tx)
}

/** Stores the events, the entries in the audit log and the movements of what was stored. */
async function tell(tx: Db<InventoryTables>, updates: Update[], made: number[]): Promise<void> {
  const before = new Map(updates.map((update) => [update.before.id, update.before]))
  const changed = before.size === 0 ? [] : await addProductEvents(tx, 'product.updated', [...before.keys()])
  const created = made.length === 0 ? [] : await addProductEvents(tx, 'product.created', made)
  await addToAuditLog(
    tx,
    ...changed.map((after) => entryOf('product.update', before.get(after.id)!, after)),
    ...created.map((after) => entryOf('product.create', null, after)),
  )
  const counted = changed.flatMap(({ id, stock }) => {
    const quantity = stock - before.get(id)!.stock
    return quantity === 0 ? [] : [{ product_id: id, quantity, reason: 'count' as const, note: null }]
  })
  await addMovements(tx, counted)
}

function entryOf(action: 'product.create' | 'product.update', before: ProductRow | null, after: ProductRow) {
  return { action, subject_id: after.id, before, after }
}

function isWork({ is }: RowPlan): boolean {
  return is === 'created' || is === 'updated'
}

/** The category that a product shall be in, where that is to change. */
function categoryOf(plan: RowPlan): string[] {
  const fields: Partial<ProductInput> = plan.is === 'created' ? plan.input : plan.is === 'updated' ? plan.change : {}
  const name = fields.category?.trim() ?? ''
  return name === '' ? [] : [name]
}
