import { databaseName } from '@kakilima/kit/database'
import { defineCommand } from 'citty'
import { environmentOfOne, readEnvironment, readFolders, readPatience } from '../config.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { prepareDatabase, readDatabaseUrls, withDatabases } from '../databases.ts'
import { loadServices } from '../services.ts'

export const details = `
Creates the databases that are missing and brings their tables up to date: of the services you name,
or of all whose address is set (USER_DATABASE_URL and so on, or DATABASE_URL as a server for all).
Where one service is named, DATABASE_URL is the address of its database, as for kakilima start.
Where no address is set, the embedded PostgreSQL is migrated; the shop must not run meanwhile.

EXAMPLES
  npx kakilima migrate
  ORDER_DATABASE_URL=postgres://user:password@localhost:5432/orders npx kakilima migrate order`

export const command = defineCommand({
  meta: { name: 'migrate', description: 'Create databases and bring their tables up to date' },
  args: {
    services: { type: 'positional', required: false, description: 'user, inventory, order, payment, or none for all' },
  },
  async run({ args: { _: names } }) {
    const services = await loadServices(names.length > 0 ? names : undefined)
    const env = names.length === 1 ? environmentOfOne(services[0]!, readEnvironment()) : readEnvironment()
    const own = readDatabaseUrls(services, env)
    const withAddress = services.filter(({ name }) => own[name] !== undefined)
    const targets = names.length > 0 || withAddress.length === 0 ? services : withAddress

    const data = await prepareDataFolder(readFolders(env).dataFolder, targets.length > withAddress.length)
    await withDatabases(targets, own, data.folder, async (urls) => {
      for (const service of targets) {
        const url = urls[service.name]!
        const ran = await prepareDatabase(service, url, readPatience(env))
        console.log(`${databaseName(url)}: ${ran.length === 0 ? 'up to date' : `ran ${ran.join(', ')}`}`)
      }
    })
  },
})
