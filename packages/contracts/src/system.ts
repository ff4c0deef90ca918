import Type, { type Static } from 'typebox'
import { Role } from './account.ts'
import { nullable } from './nullable.ts'
import { Timestamp } from './text.ts'

/** One route of the gateway and who may call it, from the table that requests are checked by. */
export const RoutePermission = Type.Object({
  method: Type.String(),
  path: Type.String({ examples: ['/api/v1/products/:id'] }),
  summary: Type.String(),
  allowed: Type.Union([Type.Enum(['anyone', 'signed in']), Type.Array(Role)]),
})
export type RoutePermission = Static<typeof RoutePermission>

/** Whether a service can work right now, as it says itself. */
export const ServiceHealth = Type.Object({
  service: Type.String(),
  is_ready: Type.Boolean(),
  milliseconds: Type.Integer({ description: 'how long its answer took' }),
  detail: nullable(Type.String({ description: 'what is wrong, in a sentence; null where nothing is' })),
})
export type ServiceHealth = Static<typeof ServiceHealth>

/** How the queue of accepted orders stands. */
export const QueueStatus = Type.Object({
  depth: Type.Integer({ description: 'orders that wait for their decision' }),
  decided: Type.Integer({ description: 'how many went before them: asked twice, that is the speed of deciding' }),
  oldest_accepted_at: nullable(Timestamp),
  parked: Type.Integer({ description: 'orders that were set aside for staff' }),
})
export type QueueStatus = Static<typeof QueueStatus>

/** What the auditor found when it last looked. */
export const AuditReport = Type.Object({
  checked_at: Timestamp,
  took_ms: Type.Integer(),
  is_whole: Type.Boolean({ description: 'nothing that must never be wrong is' }),
  findings: Type.Array(
    Type.Object({
      invariant: Type.String({ examples: ['I3'] }),
      holds: Type.String({ description: 'what must hold' }),
      violations: Type.Integer({ minimum: 0 }),
      examples: Type.Array(Type.String(), { maxItems: 5 }),
    }),
  ),
})
export type AuditReport = Static<typeof AuditReport>
