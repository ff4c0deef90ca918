import type { ShopAuditLogEntry } from '@kakilima/contracts/audit-log'
import type { RouteLocationRaw } from 'vue-router'

export type FieldChange = { field: string; before: unknown; after: unknown }

/** What the shop keeps for itself and nobody of the staff sets. */
const ownFields = new Set(['id', 'version', 'reserved', 'created_at', 'updated_at', 'deleted_at', 'category_slug'])

/** The fields that an entry touched and that differ, in the order in which they stand there. What is new and empty is left out. */
export function changesOf({ before, after }: ShopAuditLogEntry): FieldChange[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...fields]
    .map((field) => ({ field, before: before?.[field], after: after?.[field] }))
    .filter(({ field }) => !ownFields.has(field))
    .filter((change) => written(change.before) !== written(change.after))
}

/** To compare by: nothing is the same as an empty text. */
function written(value: unknown): string {
  return value === null || value === undefined || value === '' ? '' : JSON.stringify(value)
}

/** The page of what an entry is about, where there is one. */
export function placeOf({
  subject_type: type,
  subject_id: id,
  action,
}: ShopAuditLogEntry): RouteLocationRaw | undefined {
  if (action.endsWith('.delete')) return undefined
  if (type === 'order' || type === 'product' || type === 'subscription') return { name: type, params: { id } }
  if (type === 'category') return { name: 'categories' }
  if (type === 'shop' || type === 'payment_windows' || type === 'bank_accounts') return { name: 'settings' }
  return undefined
}

/** The name of what an entry is about, where the entry knows it. */
export function nameIn({ before, after }: ShopAuditLogEntry): string | undefined {
  const name = after?.name ?? before?.name
  return typeof name === 'string' && name !== '' ? name : undefined
}
