import { join } from 'node:path'
import { createLogger } from '@kakilima/kit/logger'
import type { ServiceModule } from '@kakilima/kit/service'
import { type ConfiguredService, type Environment, readFolders, readShop } from './config.ts'
import { type DataFolder, makeWritableFolder, prepareDataFolder } from './data-folder.ts'
import { type DatabaseUrls, openDatabases, prepareDatabase, readDatabaseUrls } from './databases.ts'
import { fillDemoShop } from './demo/fill-demo-shop.ts'
import { requireFreePorts } from './free-ports.ts'
import { openShopLog, type ShopLog } from './shop-log.ts'
import { startServices } from './start-services.ts'

/** For the auditor, a person with psql, and what PostgreSQL keeps for its superuser. */
const connectionsForOthers = 20

/** A shop whose settings are right and whose ports are free. */
export type PlannedShop = {
  services: ConfiguredService[]
  ownDatabases: DatabaseUrls
  data: DataFolder
  imagesFolder: string
  log: ShopLog
}

/** Checks all that can be checked before seconds are spent on the database. */
export async function planShop(modules: ServiceModule[], env: Environment): Promise<PlannedShop> {
  const services = readShop(modules, env)
  const ownDatabases = readDatabaseUrls(modules, env)
  const wanted = readFolders(env)
  const needsPostgres = modules.some(({ name }) => ownDatabases[name] === undefined)
  const data = await prepareDataFolder(wanted.dataFolder, needsPostgres)
  const imagesFolder = wanted.imagesFolder ?? join(data.folder, 'images')
  await makeWritableFolder(imagesFolder, 'IMAGES_FOLDER')
  await requireFreePorts(services)
  return { services, ownDatabases, data, imagesFolder, log: openShopLog(data.folder) }
}

/** Starts the database and all services in this process. Gives up between two steps when it should stop, and leaves nothing behind. */
export async function startShop(
  { services, ownDatabases, data, imagesFolder, log }: PlannedShop,
  demo: boolean,
  stopping: AbortSignal,
): Promise<AsyncDisposable> {
  // Stops what was started, the last first, also when a later step throws.
  await using started = new AsyncDisposableStack()
  const modules = services.map(({ service }) => service)
  const poolSizes = services.map(({ config }) => config.DATABASE_POOL_SIZE)
  const maxConnections = poolSizes.reduce((sum, size) => sum + size, connectionsForOthers)
  const databases = await openDatabases(modules, ownDatabases, data.folder, maxConnections)
  started.defer(databases.stop)
  stopping.throwIfAborted()

  await Promise.all(modules.map((service) => prepareDatabase(service, databases.urls[service.name]!)))
  stopping.throwIfAborted()

  if (demo) await fillDemoShop(databases.urls.inventory!, imagesFolder)
  stopping.throwIfAborted()

  const { close } = await startServices(
    services.map(({ service, config }) => ({
      service,
      config: { ...config, IMAGES_FOLDER: imagesFolder, [service.databaseVariable]: databases.urls[service.name] },
      logger: createLogger(service.name, config.LOG_LEVEL, log.destination),
    })),
  )
  started.defer(close)
  return started.move()
}
