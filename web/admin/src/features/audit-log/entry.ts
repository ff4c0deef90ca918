import type { ShopAuditLogEntry } from '@kakilima/contracts/audit-log'
import type { RouteLocationRaw } from 'vue-router'

export type FieldChange = { field: string; before: unknown; after: unknown }

/** The fields that an entry touched and that differ, in the order in which they stand there. */
export function changesOf({ before, after }: ShopAuditLogEntry): FieldChange[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  return [...fields]
    .map((field) => ({ field, before: before?.[field], after: after?.[field] }))
    .filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after))
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
  if (type === 'shop' || type === 'payment_windows') return { name: 'settings' }
  return undefined
}

/** The name of what an entry is about, where the entry knows it. */
export function nameIn({ before, after }: ShopAuditLogEntry): string | undefined {
  const name = after?.name ?? before?.name
  return typeof name === 'string' && name !== '' ? name : undefined
}
