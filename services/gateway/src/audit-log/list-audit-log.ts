import type { AuditLogClient } from '@kakilima/contracts/shop-clients'
import { type AuditedService, auditedServices, mergeNewest, type Places, type ShopEntry } from './audit-log.ts'

export type AuditLogs = Record<AuditedService, AuditLogClient>

/**
 * What staff changed in all services, newest first, and where to go on; `next` is undefined at the end. Throws when one of the services
 * cannot be reached: a log with a hole looks like a whole one.
 */
export async function listAuditLog(
  logs: AuditLogs,
  filters: { actor_id?: number; subject?: string },
  limit: number,
  from: Places = {},
): Promise<{ entries: ShopEntry[]; next: Places | undefined }> {
  const page = (service: AuditedService) => {
    const query = new URLSearchParams({ limit: String(limit) })
    for (const [name, value] of Object.entries({ ...filters, before: from[service] }))
      if (value !== undefined) query.set(name, String(value))
    return logs[service].page(query.toString())
  }
  const pages = await Promise.all(auditedServices.map(async (service) => [service, await page(service)]))
  const { entries, next } = mergeNewest(Object.fromEntries(pages), limit, from)
  return { entries, next: entries.length === limit ? next : undefined }
}
