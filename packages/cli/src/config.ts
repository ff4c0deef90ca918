import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { databaseUrl, readAll, readConfig, redisUrl, type ServerSettings, serviceUrl } from '@kakilima/kit/config'
import type { Patience } from '@kakilima/kit/patience'
import type { ServiceModule } from '@kakilima/kit/service'
import Type from 'typebox'

export type Environment = Record<string, string | undefined>

/** What concerns the shop as a whole and no service by itself. */
export const shopSettings = Type.Object({
  KAKILIMA_DATA: Type.String({
    default: '.kakilima',
    minLength: 1,
    description:
      'The folder of everything that `kakilima up` keeps: the database, product pictures, e-mail that no mail server takes, and the log.',
  }),
  AUDIT_EVERY_MINUTES: Type.Number({
    default: 60,
    minimum: 0,
    maximum: 10_080,
    description:
      'How often `kakilima up` runs the auditor, in a process of its own that steps back behind the shop. 0 never, but when an admin asks for it.',
  }),
  START_PATIENCE_SECONDS: Type.Number({
    default: 60,
    minimum: 0,
    maximum: 3600,
    description: 'How long commands wait for a database or a Redis that does not answer yet, and say so.',
  }),
  DATABASE_URL: Type.Optional(
    databaseUrl(
      'A PostgreSQL server of your own, on which each service gets a database: user_service, inventory_service and so on. For one service that runs alone, the address of its database.',
    ),
  ),
})

/** Where each service is, and where `kakilima up` lets it listen. */
export function urlSettings(services: ServiceModule[]) {
  const defaultPort = ({ settings }: ServiceModule) => (settings.properties.PORT as { default?: number }).default ?? 0
  return Type.Object(
    Object.fromEntries(
      services.map((service) => [service.urlVariable, serviceUrl(service.name, defaultPort(service))]),
    ),
  )
}

/** The variables of the process and of the file `.env` in its working folder, of which the real ones win. */
export function readEnvironment(): Environment {
  if (existsSync('.env')) process.loadEnvFile()
  return process.env
}

/** Where Redis is, if the shop's queue is there. */
export function readRedisUrl(env: Environment): string | undefined {
  return readConfig(Type.Object({ REDIS_URL: redisUrl }), env).REDIS_URL
}

/** How long to wait for what is still starting. What is waited for is said on stdout. */
export function readPatience(env: Environment, stopping?: AbortSignal): Patience {
  const forMs = readConfig(shopSettings, env).START_PATIENCE_SECONDS * 1000
  return { forMs, tell: (sentence) => console.log(sentence), ...(stopping && { stopping }) }
}

/** Whether failures should be shown with all that is known of them. */
export function isDebugging(): boolean {
  return ['debug', 'trace'].includes(process.env.LOG_LEVEL ?? '')
}

/** The settings of one service by itself, for which DATABASE_URL is the address of its database. */
export function environmentOfOne(service: ServiceModule, env: Environment): Environment {
  // Read by its own name first, or a fault in it would be told of a variable that nobody has set.
  const { DATABASE_URL } = readConfig(shopSettings, env)
  return { ...env, [service.databaseVariable]: env[service.databaseVariable] || DATABASE_URL }
}

/** Where the data, the product pictures and the e-mail should be. */
export function readFolders(env: Environment): {
  dataFolder: string
  imagesFolder: string | undefined
  mailFolder: string | undefined
} {
  return {
    dataFolder: resolve(readConfig(shopSettings, env).KAKILIMA_DATA),
    imagesFolder: env.IMAGES_FOLDER || undefined,
    mailFolder: env.MAIL_FOLDER || undefined,
  }
}

export type ConfiguredService = { service: ServiceModule; url: string; config: ServerSettings }

/**
 * Reads the settings of all services, each on the port of its own address. The address of its database is for the caller to fill in.
 * Throws `ConfigError` with every fault of every setting of the shop.
 */
export function readShop(services: ServiceModule[], env: Environment): ConfiguredService[] {
  // Where the databases will be is not known before PostgreSQL runs: for the check, an address that can't be wrong.
  const knownLater = 'postgres://127.0.0.1/known-later'
  // The same for the secret of tokens, which is made beside the data. Production must name its own.
  const madeLater = env.NODE_ENV === 'production' ? undefined : 'made-later'.repeat(4)
  const readers = services.map((service): [string, () => ServerSettings] => [
    service.name,
    () =>
      service.readConfig({
        ...env,
        PORT: '0',
        JWT_SECRETS: env.JWT_SECRETS || madeLater,
        [service.databaseVariable]: env[service.databaseVariable] || knownLater,
      }),
  ])
  const { urls, configs } = readAll({
    shop: () => readConfig(shopSettings, env),
    urls: () => readConfig(urlSettings(services), env),
    configs: () => readAll(Object.fromEntries(readers)),
  })
  return services.map((service) => {
    const url = (urls[service.urlVariable] as string).replace(/\/$/, '')
    return { service, url, config: { ...configs[service.name]!, PORT: portOf(url) } }
  })
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}
