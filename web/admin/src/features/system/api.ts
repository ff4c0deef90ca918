import type { AuditReport, QueueStatus, ServiceHealth } from '@kakilima/contracts/system'
import { ProblemError } from '@kakilima/ui/http'
import { read, write } from '../../desk-api.ts'

export function readHealth(signal: AbortSignal): Promise<ServiceHealth[]> {
  return read('/system/health', { signal })
}

export function readQueue(signal: AbortSignal): Promise<QueueStatus> {
  return read('/system/queue', { signal })
}

/** What the last audit found, or null where there was none. */
export async function readAudit(signal?: AbortSignal): Promise<AuditReport | null> {
  try {
    return await read<AuditReport>('/audit', signal && { signal })
  } catch (error) {
    if (error instanceof ProblemError && error.type === 'audit-not-found') return null
    throw error
  }
}

/** Begins an audit. Its result is read by `readAudit` once it is done. */
export function startAudit(): Promise<unknown> {
  return write('POST', '/audit')
}
