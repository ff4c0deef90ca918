import { type AuditedService, auditedServices, type ShopAuditLogEntry } from '@kakilima/contracts/audit-log'
import type { UserClient } from '@kakilima/contracts/clients'
import type { AuditLogClient } from '@kakilima/contracts/shop-clients'
import { mergeNewest, type Places, type ServiceEntry } from './audit-log.ts'

export type AuditLogs = Record<AuditedService, AuditLogClient>

/**
 * What staff changed in all services, newest first, with the names of who did it, and where to go on; `next` is undefined at the end. Throws when one of the services
 * cannot be reached: a log with a hole looks like a whole one.
 */
export async function listAuditLog(
  { auditLogs: logs, users }: { auditLogs: AuditLogs; users: UserClient },
  filters: { actor_id?: number; subject?: string },
  limit: number,
  from: Places = {},
): Promise<{ entries: ShopAuditLogEntry[]; next: Places | undefined }> {
  const page = (service: AuditedService) => {
    const query = new URLSearchParams({ limit: String(limit) })
    for (const [name, value] of Object.entries({ ...filters, before: from[service] }))
      if (value !== undefined) query.set(name, String(value))
    return logs[service].page(query.toString())
  }
  const pages = await Promise.all(auditedServices.map(async (service) => [service, await page(service)]))
  const { entries, next } = mergeNewest(Object.fromEntries(pages), limit, from)
  return { entries: await withActors(users, entries), next: entries.length === limit ? next : undefined }
}

/** Adds who each actor is, with one call for all. */
async function withActors(users: UserClient, entries: ServiceEntry[]): Promise<ShopAuditLogEntry[]> {
  const ids = [...new Set(entries.map(({ actor_id }) => actor_id).filter((id) => id !== null))]
  const people = ids.length === 0 ? [] : await users.list(ids)
  const actors = new Map(people.map(({ id, name }) => [id, { id, name }]))
  return entries.map((entry) => ({ ...entry, actor: actors.get(entry.actor_id ?? 0) ?? null }))
}
