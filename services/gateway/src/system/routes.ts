import { QueueStatus, RoutePermission, ServiceHealth } from '@kakilima/contracts/system'
import type { Server } from '@kakilima/kit/server'
import Type from 'typebox'
import type { GatewayDeps } from '../app.ts'
import { checkHealth } from './check-health.ts'
import { listPermissions } from './list-permissions.ts'

export function systemRoutes(
  app: Server,
  { config, queue }: GatewayDeps,
  { checkReady, summaries }: { checkReady: () => Promise<void>; summaries: ReadonlyMap<string, string> },
): void {
  const places = [
    { service: 'user', url: config.USER_URL },
    { service: 'inventory', url: config.INVENTORY_URL },
    { service: 'order', url: config.ORDER_URL },
    { service: 'payment', url: config.PAYMENT_URL },
    { service: 'webhook', url: config.WEBHOOK_URL },
    { service: 'catalog', url: config.CATALOG_URL },
  ]

  app.get(
    '/api/v1/permissions',
    { schema: { summary: 'Who may call what', response: { 200: Type.Array(RoutePermission) } } },
    async () => listPermissions(summaries),
  )

  app.get(
    '/api/v1/system/health',
    { schema: { summary: 'Whether each service can work right now', response: { 200: Type.Array(ServiceHealth) } } },
    async () => checkHealth(places, checkReady),
  )

  app.get(
    '/api/v1/system/queue',
    { schema: { summary: 'How the queue of accepted orders stands', response: { 200: QueueStatus } } },
    async () => queue.status(),
  )
}
