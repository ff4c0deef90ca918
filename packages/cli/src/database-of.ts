import { runningPostgres } from '@kakilima/embedded-postgres/running-postgres'
import { requireMigrated, type ServiceModule } from '@kakilima/kit/service'
import { readEnvironment, readFolders, readPatience } from './config.ts'
import { prepareDataFolder } from './data-folder.ts'
import { prepareDatabase, readDatabaseUrls, withDatabases } from './databases.ts'

/**
 * Does some work with the database of a service, by its address: its own where one is set, or the embedded one, whether the shop runs on
 * it right now or not.
 */
export async function withDatabaseOf(service: ServiceModule, work: (url: string) => Promise<void>): Promise<void> {
  const env = readEnvironment()
  const own = readDatabaseUrls([service], env)
  const data = await prepareDataFolder(readFolders(env).dataFolder, own[service.name] === undefined)
  const running = own[service.name] === undefined ? await runningPostgres(data.folder) : undefined
  const reachable = running === undefined ? own : { [service.name]: running(`${service.name}_service`) }
  await withDatabases([service], reachable, data.folder, async (urls) => {
    const url = urls[service.name]!
    // A shop at work, and a database of somebody's own, get their tables when their owner says so.
    await (reachable[service.name] === undefined ? prepareDatabase : requireMigrated)(service, url, readPatience(env))
    await work(url)
  })
}
