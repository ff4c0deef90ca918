import { databaseUrl, readConfig, serverFaults, serverSettings, serviceUrl } from '@kakilima/kit/config'
import Type, { type Static } from 'typebox'

export const webhookSettings = Type.Object({
  ...serverSettings(8005),
  WEBHOOK_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the webhook service. Where one service runs alone, DATABASE_URL will do.',
  ),
  INVENTORY_URL: serviceUrl('inventory', 8002),
})
export type WebhookConfig = Static<typeof webhookSettings>

export function readWebhookConfig(env: Record<string, string | undefined>): WebhookConfig {
  return readConfig(
    webhookSettings,
    { ...env, WEBHOOK_DATABASE_URL: env.WEBHOOK_DATABASE_URL || env.DATABASE_URL },
    serverFaults,
  )
}
