import type { CatalogConfig } from '@kakilima/catalog/config'
import type { CatalogTables } from '@kakilima/catalog/database'
import { inventorySource } from '@kakilima/catalog/inventory-source'
import { type Rebuilt, rebuildCatalog } from '@kakilima/catalog/rebuild/rebuild-catalog'
import { inventoryClient } from '@kakilima/contracts/clients'
import { isProblem } from '@kakilima/contracts/problems'
import { openDatabase } from '@kakilima/kit/database'
import { createNeighbor, type Neighbor } from '@kakilima/kit/http-client'
import type { ServiceModule } from '@kakilima/kit/service'
import { defineCommand } from 'citty'
import { readEnvironment } from '../config.ts'
import { withDatabaseOf } from '../database-of.ts'
import { loadService } from '../services.ts'

export const details = `
rebuild: makes the products of the catalog anew of what the inventory service has. The catalog follows
the inventory by itself; a rebuild is for when it can't know better: after the inventory database was
restored from a backup, or after INVENTORY_URL or IMAGES_URL has changed, which stand in the addresses
of pictures. It works beside a shop that runs, and customers notice nothing. The inventory service must
run, at INVENTORY_URL. What is written is the catalog database: that of CATALOG_DATABASE_URL, or
catalog_service on the server DATABASE_URL, or the embedded one.

EXAMPLE
  npx kakilima catalog rebuild`

export const command = defineCommand({
  meta: { name: 'catalog', description: 'Make the catalog anew of what the inventory has' },
  args: { action: { type: 'positional', required: false, description: 'rebuild' } },
  async run({ args }) {
    if (args._.length !== 1 || args.action !== 'rebuild')
      throw new Error('Say what to do: npx kakilima catalog rebuild')
    const { products, tombstones } = await rebuild(await loadService('catalog'))
    const known = `${products} product${products === 1 ? '' : 's'}`
    console.log(`The catalog has ${known} as the inventory has them, and knows of ${tombstones} that were taken out.`)
  },
})

async function rebuild(catalog: ServiceModule<CatalogConfig>): Promise<Rebuilt> {
  const { INVENTORY_URL, SERVICE_TOKEN } = readSettings(catalog)
  const inventory = createNeighbor({ name: 'inventory', url: INVENTORY_URL, token: SERVICE_TOKEN })
  try {
    await requireInventory(inventory, INVENTORY_URL)
    let rebuilt: Rebuilt | undefined
    await withDatabaseOf(catalog, async (url) => {
      rebuilt = await rebuildDatabase(url, inventory)
    })
    if (rebuilt === undefined)
      throw new Error(
        'The catalog is being made anew already, by the catalog service or another command: let that end.',
      )
    return rebuilt
  } finally {
    await inventory.close()
  }
}

function readSettings(catalog: ServiceModule<CatalogConfig>): CatalogConfig {
  const env = readEnvironment()
  // The address of the database is found elsewhere: for the check, one that can't be wrong.
  return catalog.readConfig({ ...env, CATALOG_DATABASE_URL: 'postgres://127.0.0.1/known-later' })
}

async function requireInventory({ call }: Neighbor, url: string): Promise<void> {
  try {
    await inventoryClient(call).ready()
  } catch (error) {
    if (!isProblem(error, 'neighbor-unavailable')) throw error
    throw new Error(
      `The inventory service does not answer at ${url}, and all products come from there: start the shop, or name ` +
        'its address in INVENTORY_URL.',
      { cause: error },
    )
  }
}

async function rebuildDatabase(url: string, inventory: Neighbor): Promise<Rebuilt | undefined> {
  const db = openDatabase<CatalogTables>(url, {
    poolSize: 1,
    applicationName: 'kakilima catalog rebuild',
    onIdleError: (error) => console.error(`The connection to the catalog database broke: ${error.message}`),
  })
  try {
    return await rebuildCatalog({ db, source: inventorySource(inventory.call) })
  } finally {
    await db.destroy()
  }
}
