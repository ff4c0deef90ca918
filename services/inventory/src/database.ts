import type { OrderLine, RejectionReason, Shortage } from '@kakilima/contracts/inventory'
import type { Language } from '@kakilima/contracts/language'
import type { MovementReason } from '@kakilima/contracts/stock-movements'
import type { AuditLogTable } from '@kakilima/kit/audit-log'
import type { OutboxTable } from '@kakilima/kit/outbox'
import type { Generated, JSONColumnType } from 'kysely'
import type { StoredImage } from './images/image.ts'

export type InventoryTables = {
  products: {
    id: Generated<number>
    name: string
    price: number
    stock: number
    reserved: Generated<number>
    description: Generated<string>
    sku: string | null
    image: string | null
    slug: string
    category_id: number | null
    images: JSONColumnType<StoredImage[], string | undefined>
    status: Generated<'draft' | 'published' | 'archived'>
    weight_grams: number | null
    version: Generated<number>
    created_at: Generated<string>
    updated_at: Generated<string>
    deleted_at: string | null
  }
  categories: {
    id: Generated<number>
    name: string
    slug: string
    position: number
    image: JSONColumnType<StoredImage | null, string | null | undefined, string | null>
    created_at: Generated<string>
    updated_at: Generated<string>
  }
  shop: {
    id: Generated<number>
    name: string | null
    logo: JSONColumnType<StoredImage | null, string | null | undefined, string | null>
    languages: Language[]
    time_zone: Generated<string>
    low_stock_at: Generated<number>
    version: Generated<number>
    updated_at: Generated<string>
  }
  stock_movements: {
    id: Generated<number>
    product_id: number
    quantity: number
    reason: MovementReason
    order_id: number | null
    actor_id: number | null
    note: string | null
    created_at: Generated<string>
  }
  decisions: {
    order_id: number
    state: 'reserved' | 'rejected' | 'released' | 'consumed'
    reason: RejectionReason | null
    lines: JSONColumnType<OrderLine[]>
    shortages: JSONColumnType<Shortage[]>
    created_at: Generated<string>
    updated_at: Generated<string>
  }
  outbox: OutboxTable
  audit_log: AuditLogTable
  stock_changes: { product_id: number }
}
