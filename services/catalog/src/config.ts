import { corsOrigins, databaseUrl, readConfig, serverFaults, serverSettings, serviceUrl } from '@kakilima/kit/config'
import Type, { type Static } from 'typebox'

export const catalogSettings = Type.Object({
  ...serverSettings(8055),
  CATALOG_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the catalog service. Where one service runs alone, DATABASE_URL will do.',
  ),
  INVENTORY_URL: serviceUrl('inventory', 8002),
  CORS_ORIGINS: corsOrigins,
  KEPT_ANSWERS_MB: Type.Integer({
    default: 32,
    minimum: 1,
    maximum: 10_000,
    description: 'How many megabytes of answers the catalog keeps ready at most.',
  }),
  QUERY_LIMIT_MAX: Type.Integer({
    default: 10_000,
    minimum: 1,
    maximum: 100_000,
    description: 'How many products one answer of the catalog holds at most, also where `limit=-1` asks for all.',
  }),
})
export type CatalogConfig = Static<typeof catalogSettings>

export function readCatalogConfig(env: Record<string, string | undefined>): CatalogConfig {
  return readConfig(
    catalogSettings,
    { ...env, CATALOG_DATABASE_URL: env.CATALOG_DATABASE_URL || env.DATABASE_URL },
    serverFaults,
  )
}
