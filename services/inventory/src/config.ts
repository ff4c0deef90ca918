import { databaseUrl, readConfig, serverFaults, serverSettings, serviceUrl } from '@kakilima/kit/config'
import { eventSettings } from '@kakilima/kit/trim-outbox'
import Type, { type Static } from 'typebox'

export const inventorySettings = Type.Object({
  ...serverSettings(8002),
  ...eventSettings,
  INVENTORY_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the inventory service. Where one service runs alone, DATABASE_URL will do.',
  ),
  INVENTORY_URL: serviceUrl('inventory', 8002),
  IMAGES_FOLDER: Type.String({
    default: '.kakilima/images',
    minLength: 1,
    description: 'The folder of product pictures that the inventory service shows under /images.',
  }),
  IMAGES_URL: Type.Optional(
    Type.String({
      format: 'http-url',
      description:
        'Where browsers find the product pictures, whose addresses begin with it: GATEWAY_URL with `kakilima up`, otherwise ' +
        'INVENTORY_URL, unless set. Name the public address of the shop where customers come from elsewhere.',
    }),
  ),
})
export type InventoryConfig = Static<typeof inventorySettings>

export function readInventoryConfig(env: Record<string, string | undefined>): InventoryConfig {
  return readConfig(
    inventorySettings,
    {
      ...env,
      INVENTORY_DATABASE_URL: env.INVENTORY_DATABASE_URL || env.DATABASE_URL,
    },
    serverFaults,
  )
}
