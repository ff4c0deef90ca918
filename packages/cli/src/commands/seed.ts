import { join } from 'node:path'
import { requireMigrated } from '@kakilima/kit/service'
import { defineCommand } from 'citty'
import { readEnvironment, readFolders, readPatience } from '../config.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { prepareDatabase, readDatabaseUrls, withDatabases } from '../databases.ts'
import { fillDemoShop } from '../demo/fill-demo-shop.ts'
import { loadService } from '../services.ts'

export const details = `
Fills an inventory that never had a product with the 200 of the demo shop, and writes their pictures
into IMAGES_FOLDER. An inventory with anything in it, deleted products too, is never touched. It is
the one of INVENTORY_DATABASE_URL, or inventory_service on the server DATABASE_URL, or that of the
embedded PostgreSQL; the shop must not run on that meanwhile.

EXAMPLE
  INVENTORY_DATABASE_URL=postgres://user:password@localhost:5432/inventory npx kakilima seed`

export const command = defineCommand({
  meta: { name: 'seed', description: 'Fill an empty inventory with the demo shop' },
  async run() {
    const env = readEnvironment()
    const inventory = await loadService('inventory')
    const own = readDatabaseUrls([inventory], env)
    const { dataFolder, imagesFolder } = readFolders(env)
    const data = await prepareDataFolder(dataFolder, own.inventory === undefined)

    await withDatabases([inventory], own, data.folder, async (urls) => {
      const url = urls.inventory!
      // A database of somebody's own gets its tables when its owner says so.
      await (own.inventory === undefined ? prepareDatabase : requireMigrated)(inventory, url, readPatience(env))
      const filled = await fillDemoShop(url, imagesFolder ?? join(data.folder, 'images'))
      if (filled === 0) throw new Error('The inventory has or had products, so nothing was changed.')
      console.log(`The inventory has ${filled} products of the demo shop now.`)
    })
  },
})
