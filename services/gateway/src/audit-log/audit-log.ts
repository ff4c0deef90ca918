import { type AuditedService, type AuditLogEntry, auditedServices } from '@kakilima/contracts/audit-log'

export type ServiceEntry = AuditLogEntry & { service: AuditedService }

/** Of each service the id before which its entries are still to be shown. A service that is missing begins with its newest. */
export type Places = Partial<Record<AuditedService, number>>

/** Places as text: `user.4-inventory.120-order.55-payment.7`. */
export const placesPattern = `^(?:${auditedServices.join('|')})\\.\\d{1,16}(?:-(?:${auditedServices.join('|')})\\.\\d{1,16}){0,${auditedServices.length - 1}}$`

export function writePlaces(places: Places): string {
  return Object.entries(places)
    .map(([service, id]) => `${service}.${id}`)
    .join('-')
}

export function readPlaces(text: string): Places {
  return Object.fromEntries(text.split('-').map((part) => [part.split('.')[0], Number(part.split('.')[1])]))
}

/**
 * Merges the newest entries of each service, up to `limit` in all, and says where to go on. Each service's entries keep their own order,
 * so that the next page begins exactly behind this one; between services the time decides.
 */
export function mergeNewest(
  pages: Record<AuditedService, AuditLogEntry[]>,
  limit: number,
  from: Places = {},
): { entries: ServiceEntry[]; next: Places } {
  const left = auditedServices.map((service) => ({ service, entries: [...pages[service]] }))
  // Where nothing is there yet, what comes later is newer than this page and belongs to none behind it.
  const next: Places = Object.fromEntries(auditedServices.map((service) => [service, from[service] ?? 1]))
  const entries: ServiceEntry[] = []
  while (entries.length < limit) {
    const [newest] = left
      .filter((page) => page.entries.length > 0)
      .toSorted((one, other) => (one.entries[0]!.created_at < other.entries[0]!.created_at ? 1 : -1))
    if (newest === undefined) break
    const entry = newest.entries.shift()!
    entries.push({ ...entry, service: newest.service })
    next[newest.service] = entry.id
  }
  for (const { service, entries: rest } of left) if (rest.length > 0) next[service] = rest[0]!.id + 1
  return { entries, next }
}
