import { join } from 'node:path'
import { readConfig } from '@kakilima/kit/config'
import { isDatabaseAway } from '@kakilima/kit/database'
import { createLogger } from '@kakilima/kit/logger'
import { withPatience } from '@kakilima/kit/patience'
import { queueDangers } from '@kakilima/queue/open-queue'
import type { ServiceModule } from '@kakilima/kit/service'
import { ensureFirstAdmin, type FirstAdmin } from '@kakilima/user/accounts/ensure-first-admin'
import type { UserConfig } from '@kakilima/user/config'
import { auditFileIn } from './audit/audit-report.ts'
import { scheduleAudits } from './audit/schedule-audits.ts'
import {
  type ConfiguredService,
  type Environment,
  readFolders,
  readPatience,
  readRedisUrl,
  readShop,
  shopSettings,
} from './config.ts'
import { type DataFolder, makeWritableFolder, prepareDataFolder } from './data-folder.ts'
import { type DatabaseUrls, openDatabases, prepareDatabase, readDatabaseUrls } from './databases.ts'
import { fillDemoShop } from './demo/fill-demo-shop.ts'
import { requireFreePorts } from './free-ports.ts'
import { ensurePages } from './pages.ts'
import { openShopLog, type ShopLog } from './shop-log.ts'
import { startServices } from './start-services.ts'
import { keptTokenSecret } from './token-secret.ts'
import { withUserDatabase } from './user-database.ts'

/** For the auditor, a person with psql, and what PostgreSQL keeps for its superuser. */
const connectionsForOthers = 20

/** How long something that is just on its way between services may look wrong to the auditor. */
const auditSettleMs = 5000

/** A shop whose settings are right and whose ports are free. */
export type PlannedShop = {
  services: ConfiguredService[]
  ownDatabases: DatabaseUrls
  data: DataFolder
  imagesFolder: string
  /** What the auditor found last, and how often it looks. */
  audits: { file: string; everyMinutes: number; env: Environment }
  /** Where e-mail goes that no mail server takes. */
  mailFolder: string
  /** What tokens are signed with. */
  tokenSecrets: string
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
  const mailFolder = wanted.mailFolder ?? join(data.folder, 'mail')
  if (!env.SMTP_URL) await makeWritableFolder(mailFolder, 'MAIL_FOLDER')
  await requireFreePorts(services)
  const tokenSecrets = env.JWT_SECRETS || (await keptTokenSecret(data.folder))
  const everyMinutes = readConfig(shopSettings, env).AUDIT_EVERY_MINUTES
  const audits = { file: auditFileIn(data.folder, env), everyMinutes, env }
  const log = openShopLog(data.folder)
  return { services, ownDatabases, data, imagesFolder, mailFolder, audits, tokenSecrets, log }
}

export type RunningShop = AsyncDisposable & {
  /** The admin that this start has made, if any: nobody can be told of the password later. */
  firstAdmin: FirstAdmin | undefined
  /** What could lose orders here, one sentence each. */
  dangers: string[]
}

/** Starts the database and all services in this process. Gives up between two steps when it should stop, and leaves nothing behind. */
export async function startShop(
  { services, ownDatabases, data, imagesFolder, mailFolder, audits, tokenSecrets, log }: PlannedShop,
  demo: boolean,
  stopping: AbortSignal,
  giveUp: (sentence: string) => void,
): Promise<RunningShop> {
  // Stops what was started, the last first, also when a later step throws.
  await using started = new AsyncDisposableStack()
  const modules = services.map(({ service }) => service)
  const poolSizes = services.map(({ config }) => config.DATABASE_POOL_SIZE)
  const maxConnections = poolSizes.reduce((sum, size) => sum + size, connectionsForOthers)
  // Beside the database, whose start takes as long. A failure is told where it is waited for.
  const pages = ensurePages()
  pages.catch(() => undefined)
  const shopLogger = createLogger('shop', 'warn', log.destination)
  const databases = await openDatabases(modules, ownDatabases, data.folder, {
    maxConnections,
    // At this level it is also shown on the screen.
    onNews: (sentence) => shopLogger.error(sentence),
    onGivenUp: giveUp,
  })
  started.defer(databases.stop)
  stopping.throwIfAborted()

  const patience = readPatience(audits.env, stopping)
  await Promise.all(modules.map((service) => prepareDatabase(service, databases.urls[service.name]!, patience)))
  stopping.throwIfAborted()

  // Before the services, which would wait for Redis without a word on the screen.
  const redisUrl = readRedisUrl(audits.env)
  const dangers = redisUrl === undefined ? [] : await queueDangers(redisUrl, shopLogger, patience)

  const patiently = <T>(name: string, work: () => Promise<T>) =>
    withPatience(patience, `the ${name} database`, isDatabaseAway, work)
  if (demo) await patiently('inventory', () => fillDemoShop(databases.urls.inventory!, imagesFolder))
  stopping.throwIfAborted()

  const pageFolders = await pages
  stopping.throwIfAborted()

  const logLevel = userConfigOf(services).LOG_LEVEL
  const schedule = scheduleAudits(
    { urls: databases.urls, redisUrl, settleMs: auditSettleMs, file: audits.file },
    audits,
    createLogger('auditor', logLevel, log.destination),
  )
  started.defer(schedule.stop)

  const { close } = await startServices(
    services.map(({ service, config }) => ({
      service,
      config: {
        ...config,
        IMAGES_FOLDER: imagesFolder,
        AUDIT_FILE: audits.file,
        MAIL_FOLDER: mailFolder,
        JWT_SECRETS: tokenSecrets,
        // The gateway shows the pictures too, and is the one address that customers need.
        IMAGES_URL: (config as { IMAGES_URL?: string }).IMAGES_URL ?? urlOf(services, 'gateway'),
        STOREFRONT_FOLDER: (config as { STOREFRONT_FOLDER?: string }).STOREFRONT_FOLDER ?? pageFolders.storefront,
        ADMIN_FOLDER: (config as { ADMIN_FOLDER?: string }).ADMIN_FOLDER ?? pageFolders.admin,
        [service.databaseVariable]: databases.urls[service.name],
      },
      logger: createLogger(service.name, config.LOG_LEVEL, log.destination),
    })),
    { startAudit: schedule.startNow },
  )
  started.defer(close)

  // Last, so that nothing can fail between making a password and showing it.
  const { ADMIN_EMAIL: email, ADMIN_PASSWORD: password } = userConfigOf(services)
  const firstAdmin = await patiently('user', () =>
    withUserDatabase(databases.urls.user!, (db) => ensureFirstAdmin(db, { email, password })),
  )
  const running = started.move()
  return { firstAdmin, dangers, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

function urlOf(services: ConfiguredService[], name: string): string {
  return services.find(({ service }) => service.name === name)!.url
}

export function userConfigOf(services: ConfiguredService[]): UserConfig {
  return services.find(({ service }) => service.name === 'user')!.config as UserConfig
}
