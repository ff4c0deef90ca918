import type { Product, StockAdjustment } from '@kakilima/contracts/inventory'
import type { MovementReason } from '@kakilima/contracts/stock-movements'
import { queryOf, read, write } from '../../desk-api.ts'

export const adjustStock = (id: number, adjustment: StockAdjustment) =>
  write<Product>('PUT', `/products/${id}/stock`, adjustment)

export const findProduct = (id: number) => read<Product>(`/desk/products/${id}`)

/** Those that can be bought and of which little is left, the least first. */
export const lowStockPath = (atMost: number) =>
  `/desk/products${queryOf({ status: 'published', available_at_most: atMost, sort: 'available', limit: 100 })}`

export const stockPath = (search: string, sort: string) => `/desk/products${queryOf({ search, sort, limit: 100 })}`

export const ledgerPath = (ledger: { productId?: number | undefined; reason?: MovementReason | undefined }) =>
  `/stock-movements${queryOf({ product_id: ledger.productId, reason: ledger.reason, limit: 100 })}`
