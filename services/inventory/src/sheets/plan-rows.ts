import { ProductChange, ProductInput } from '@kakilima/contracts/inventory'
import { bodyValidator, type Fault } from '@kakilima/kit/body-validator'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import { selectProducts } from '../products/find-product.ts'
import { isShownAs, type ProductRow } from '../products/product.ts'
import { fieldsOf, type ProductFields, type RowError, type SheetRow } from './sheet-row.ts'

/** What shall become of a row. */
export type RowPlan =
  | { is: 'failed'; error: RowError }
  | { is: 'unchanged' }
  | { is: 'created'; input: ProductInput }
  | { is: 'updated'; before: ProductRow; change: ProductChange }

const faultOfInput = bodyValidator(ProductInput)
const faultOfChange = bodyValidator(ProductChange)

/** Judges rows by what is there at this moment. `setStock` lets them set the stock of products that are there already. */
export async function planRows(db: Db<InventoryTables>, rows: SheetRow[], setStock: boolean): Promise<RowPlan[]> {
  const wanted = rows.map(fieldsOf)
  const named = wanted.filter((row): row is ProductFields => 'fields' in row)
  const ids = named.flatMap(({ id }) => id ?? [])
  const skus = named.flatMap(({ id, fields }) => (id === undefined ? (fields.sku ?? []) : []))
  const slugs = named.flatMap(({ fields }) => fields.slug ?? [])
  const found = await selectProducts(db)
    .where((where) =>
      where.or([
        where('id', '=', sql<number>`any(${ids}::int8[])`),
        where('sku', '=', sql<string>`any(${skus}::text[])`),
      ]),
    )
    .execute()
  const byId = new Map(found.map((product) => [product.id, product]))
  const bySku = Map.groupBy(found, ({ sku }) => sku)
  const { rows: taken } = await sql<{ id: number; slug: string }>`
    select id, slug from products where slug = any(${slugs}::text[])`.execute(db)
  const ownerOf = new Map(taken.map(({ id, slug }) => [slug, id]))

  function planOne(row: ProductFields | RowError): RowPlan {
    if (!('fields' in row)) return failed(row)
    const { id, fields } = row
    const sameSku = id === undefined && fields.sku ? (bySku.get(fields.sku) ?? []) : []
    if (id !== undefined && !byId.has(id))
      return failed({ column: 'id', reason: 'product-not-found', detail: `There is no product ${id}` })
    if (sameSku.length > 1)
      return failed({
        column: 'sku',
        reason: 'sku-not-unique',
        detail: `${sameSku.length} products have this sku: name one by its id`,
      })
    const before = id === undefined ? sameSku[0] : byId.get(id)
    const owner = fields.slug === undefined ? undefined : ownerOf.get(fields.slug)
    if (owner !== undefined && owner !== before?.id)
      return failed({ column: 'slug', reason: 'slug-taken', detail: 'This slug names something else already' })
    return before === undefined ? planNew(fields) : planChange(before, fields, setStock)
  }
  return wanted.map(planOne)
}

function planNew(fields: ProductFields['fields']): RowPlan {
  const input = { stock: 0, ...fields }
  const fault = faultOfInput(input)
  return fault === undefined ? { is: 'created', input: input as ProductInput } : failed(errorOf(fault))
}

function planChange(before: ProductRow, fields: ProductFields['fields'], setStock: boolean): RowPlan {
  const { stock, ...others } = fields
  const asked: ProductChange = setStock && stock !== undefined ? fields : others
  const fault = faultOfChange(asked)
  if (fault !== undefined) return failed(errorOf(fault))
  const change = Object.fromEntries(
    Object.entries(asked).filter(([column, value]) => !isSame(before, column as keyof ProductChange, value)),
  ) as ProductChange
  if (change.stock !== undefined && change.stock < before.reserved)
    return failed({
      column: 'stock',
      reason: 'insufficient-stock',
      detail: `Not enough stock available: ${before.reserved} units are reserved`,
    })
  return Object.keys(change).length === 0 ? { is: 'unchanged' } : { is: 'updated', before, change }
}

/** Whether a product has a value already. An empty cell is all that a sheet can say of no text, and of an empty one. */
function isSame(before: ProductRow, column: keyof ProductChange, value: unknown): boolean {
  if (column === 'image' && value !== null) return isShownAs(before, value as string)
  if (column === 'name') return (value as string).trim() === before.name
  return (before[column] ?? '') === (value ?? '')
}

function failed(error: RowError): RowPlan {
  return { is: 'failed', error }
}

function errorOf({ path, keyword, message }: Fault): RowError {
  const column = path.split('/')[1] ?? null
  const reasons: Record<string, RowError['reason']> = {
    required: 'missing',
    maxLength: 'too-long',
    maximum: 'invalid-number',
    minimum: 'invalid-number',
  }
  const sentence = keyword === 'required' ? `${column} is missing` : `${column} ${message}`
  return { column, reason: reasons[keyword] ?? 'invalid', detail: sentence }
}
