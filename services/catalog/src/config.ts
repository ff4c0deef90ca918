import { databaseUrl, readConfig, serverFaults, serverSettings, serviceUrl } from '@kakilima/kit/config'
import Type, { type Static } from 'typebox'

export const catalogSettings = Type.Object({
  ...serverSettings(8055),
  CATALOG_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the catalog service. Where one service runs alone, DATABASE_URL will do.',
  ),
  INVENTORY_URL: serviceUrl('inventory', 8002),
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
