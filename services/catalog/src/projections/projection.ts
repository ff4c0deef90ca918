import type { ShopEvent, StockChange } from '@kakilima/contracts/events'
import type { Product, Tombstone } from '@kakilima/contracts/inventory'
import type { Selectable } from 'kysely'
import type { CatalogTables } from '../database.ts'

/** What one event, or several of one product taken together, say about its row. */
export type ProductState = Omit<Selectable<CatalogTables['products']>, 'version' | 'is_shown'>

/** Fields that nobody has told of. Times are no moment at all, so that rows are the same in whatever order they came about. */
const nothing = {
  name: '',
  description: '',
  price: 0,
  stock: 0,
  category: null,
  category_slug: null,
  slug: null,
  sku: null,
  image: null,
  images: [],
  status: 'draft',
  weight_grams: null,
  created_at: '1970-01-01T00:00:00.000Z',
  updated_at: '1970-01-01T00:00:00.000Z',
  fields_version: 0,
  stock_version: 0,
  is_deleted: false,
} satisfies Omit<ProductState, 'id'>

/** A product as inventory has it. What the catalog calls its stock is what can be sold now. */
export function stateOfProduct(product: Product): ProductState {
  const { reserved: _, available, version, ...fields } = product
  return { ...nothing, ...fields, stock: available, fields_version: version, stock_version: version }
}

/** Nothing of a deleted product is kept but its version, which no event from before can reach. */
export function stateOfTombstone({ id, version }: Tombstone): ProductState {
  return { ...nothing, id, fields_version: version, stock_version: version, is_deleted: true }
}

function stateOfStock({ id, version, available, updated_at }: StockChange): ProductState {
  return { ...nothing, id, stock: available, stock_version: version, updated_at }
}

function stateOf({ type, data }: ShopEvent): ProductState | undefined {
  switch (type) {
    case 'product.created':
    case 'product.updated':
      return stateOfProduct(data as Product)
    case 'product.deleted':
      return stateOfTombstone(data as Tombstone)
    case 'stock.changed':
      return stateOfStock(data as StockChange)
    default:
      return undefined
  }
}

/**
 * Takes together what two events say of one product: its fields from the one with the newer fields, its stock from the one with the
 * newer stock. Which of them came first makes no difference. Stock may be announced under the version that a deletion has; that is gone.
 */
function merge(one: ProductState, other: ProductState): ProductState {
  const newer = (by: (state: ProductState) => number) =>
    by(other) > by(one) || (by(other) === by(one) && other.is_deleted) ? other : one
  const fields = other.fields_version > one.fields_version ? other : one
  const { stock, stock_version } = newer((state) => state.stock_version)
  const { updated_at } = newer((state) => Math.max(state.fields_version, state.stock_version))
  return { ...fields, stock, stock_version, updated_at }
}

/** One state for each product, in any order. */
export function mergeAll(states: ProductState[]): ProductState[] {
  const merged = new Map<number, ProductState>()
  for (const state of states) {
    const before = merged.get(state.id)
    merged.set(state.id, before === undefined ? state : merge(before, state))
  }
  return [...merged.values()]
}

/** What events say of products, one state for each, whatever their order. Events of other things fall away. */
export function project(events: ShopEvent[]): ProductState[] {
  return mergeAll(events.map(stateOf).filter((state) => state !== undefined))
}
