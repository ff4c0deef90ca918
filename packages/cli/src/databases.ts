import { databaseUrl, readAll, readConfig } from '@kakilima/kit/config'
import { createDatabase, databaseName, isDatabaseAway } from '@kakilima/kit/database'
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from '@kakilima/embedded-postgres/embedded-postgres'
import { type Patience, withPatience } from '@kakilima/kit/patience'
import { migrateService, type ServiceModule } from '@kakilima/kit/service'
import Type from 'typebox'
import { type Environment, shopSettings } from './config.ts'
import { sentenceOf } from './report-failure.ts'

/** Addresses of databases by the name of the service. */
export type DatabaseUrls = Record<string, string>

/**
 * The addresses of databases on servers of the user's own. A service that is not named here has none. `DATABASE_URL` is a server with
 * a database for each service.
 */
export function readDatabaseUrls(services: ServiceModule[], env: Environment): DatabaseUrls {
  const ownSettings = Type.Object(
    Object.fromEntries(
      services.map(({ name, databaseVariable }) => [
        databaseVariable,
        Type.Optional(databaseUrl(`The PostgreSQL database of the ${name} service.`)),
      ]),
    ),
  )
  const { shop, own } = readAll({
    shop: () => readConfig(shopSettings, env),
    own: () => readConfig(ownSettings, env),
  })
  const urls: DatabaseUrls = {}
  for (const service of services) {
    const url = own[service.databaseVariable] ?? (shop.DATABASE_URL && databaseOn(shop.DATABASE_URL, service))
    if (url) urls[service.name] = url
  }
  return urls
}

function databaseOn(server: string, service: ServiceModule): string {
  const url = new URL(server)
  url.pathname = `/${databaseNameOf(service)}`
  return url.href
}

/** What PostgreSQL allows by itself. */
const leastConnections = 100

function databaseNameOf({ name, sharesDatabaseOf }: ServiceModule): string {
  return `${sharesDatabaseOf ?? name}_service`
}

export type Databases = { urls: DatabaseUrls; stop: () => Promise<void> }

/** Gives every service a database: the user's own where there is one, or else one on the embedded PostgreSQL, which starts if needed. */
export async function openDatabases(
  services: ServiceModule[],
  own: DatabaseUrls,
  dataFolder: string,
  {
    maxConnections = leastConnections,
    ...news
  }: { maxConnections?: number } & Pick<EmbeddedPostgresOptions, 'onNews' | 'onGivenUp'> = {},
): Promise<Databases> {
  const without = services.filter(({ name }) => own[name] === undefined)
  if (without.length === 0) return { urls: own, stop: async () => undefined }
  const postgres = await startEmbeddedPostgres({
    folder: dataFolder,
    ...news,
    settings: {
      max_connections: String(Math.max(maxConnections, leastConnections)),
      // A busy shop fills all of it, and is as fast with 96 MB as with the 128 that PostgreSQL takes by itself.
      shared_buffers: '96MB',
    },
  })
  const embedded = Object.fromEntries(without.map((service) => [service.name, postgres.url(databaseNameOf(service))]))
  return { urls: { ...own, ...embedded }, stop: () => postgres.stop() }
}

/** Does some work with databases and stops the embedded PostgreSQL afterwards, also when the work fails or is interrupted. */
export async function withDatabases(
  services: ServiceModule[],
  own: DatabaseUrls,
  dataFolder: string,
  work: (urls: DatabaseUrls) => Promise<void>,
): Promise<void> {
  const databases = await openDatabases(services, own, dataFolder)
  const interrupted = new Promise<never>((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => reject(new Error('Interrupted: what was not finished has been undone.')))
  })
  try {
    await Promise.race([work(databases.urls), interrupted])
  } finally {
    await databases.stop()
  }
}

/** Creates a service's database where it is missing and brings it up to date. Returns the names of the migrations that ran. */
export async function prepareDatabase(service: ServiceModule, url: string, patience: Patience): Promise<string[]> {
  try {
    await withPatience(patience, `the database ${databaseName(url)}`, isDatabaseAway, () => createDatabase(url))
  } catch (error) {
    throw new Error(
      `The database ${databaseName(url)} of the ${service.name} service cannot be used (${sentenceOf(error)}): ` +
        `is PostgreSQL running there, and is ${service.databaseVariable} or DATABASE_URL right?`,
      { cause: error },
    )
  }
  return migrateService(service, url, patience)
}
