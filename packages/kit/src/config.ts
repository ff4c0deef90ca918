import { Ajv, type ErrorObject } from 'ajv'
import Type, { type Static, type TObject } from 'typebox'
import { secretFaults } from './secrets.ts'

/** The configuration is wrong. Holds every fault at once, one sentence each, so that nobody mends them one by one. */
export class ConfigError extends Error {
  readonly faults: string[]

  constructor(faults: string[]) {
    super(faults.join('\n'))
    this.name = 'ConfigError'
    this.faults = faults
  }
}

// What `new URL` refuses would fail much later, without the variable's name.
const isPostgresUrl = (text: string) => /^postgres(ql)?:\/\/\S+$/.test(text) && URL.canParse(text)
const isHttpUrl = (text: string) => /^https?:\/\/[^\s/]+\/?$/.test(text) && URL.canParse(text)

const isRedisUrl = (text: string) =>
  /^unix:\/\S+$/.test(text) || (/^rediss?:\/\/[^\s/]\S*$/.test(text) && URL.canParse(text))

/** The setting of a service that works with the queue. */
export const redisUrl = Type.Optional(
  Type.String({
    format: 'redis-url',
    description:
      'A Redis 7 or Valkey that holds the queue `new_orders` and counts for the rate limits of all gateways: `redis://…`, `rediss://…` ' +
      'or `unix:/path/to/socket`. It must run with `appendonly yes`, `appendfsync always` and `maxmemory-policy noeviction`. The same ' +
      'for the order service and every gateway. Without it the queue is in the order database.',
  }),
)

/** A setting that holds the address of a PostgreSQL database. */
export function databaseUrl(description: string) {
  return Type.String({ format: 'postgres-url', description })
}

/** A setting that holds the address of a neighbouring service. */
export function serviceUrl(service: string, port: number) {
  return Type.String({
    format: 'http-url',
    default: `http://127.0.0.1:${port}`,
    description: `Where the ${service} service is. With \`kakilima up\` also where it listens.`,
  })
}

/** The setting of a service that is open to the world: whose pages may call it. Read it with `listOf`. */
export const corsOrigins = Type.String({
  default: [8000, 8080, 5173].flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`]).join(','),
  description: 'Origins of the pages that may call the gateway and the catalog, separated by commas.',
})

/** What customers read wherever the shop names itself. */
export const shopName = Type.String({
  default: 'Kakilima',
  minLength: 1,
  maxLength: 60,
  description: 'What the shop is called on its pages and in its e-mail.',
})

/** The parts of a setting that is a list. */
export function listOf(setting: string): string[] {
  return setting
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
}

const leastTokenLength = 32

/** Settings that every service has. */
export function serverSettings(port: number) {
  return {
    NODE_ENV: Type.Enum(['development', 'test', 'production'], {
      default: 'development',
      description: '`production` closes the doors that old clients need on one machine: see LEGACY_OPEN_PORTS.',
    }),
    HOST: Type.String({ default: '127.0.0.1', minLength: 1, description: 'The address to listen on.' }),
    PORT: Type.Integer({
      default: port,
      minimum: 0,
      maximum: 65535,
      description: 'The port of a service that runs alone.',
    }),
    ALLOWED_HOSTS: Type.String({
      default: '',
      description: 'Host names, separated by commas, that requests may name beside localhost, 127.0.0.1 and [::1].',
    }),
    SERVICE_TOKEN: Type.Optional(
      Type.String({
        minLength: leastTokenLength,
        description:
          'The secret that services show each other, 32 characters or more. Needed in production and on any address but loopback.',
      }),
    ),
    LEGACY_OPEN_PORTS: Type.Boolean({
      default: true,
      description:
        'Answer callers without a token on 8001-8005, as old clients of 8001-8004 need. Only outside production and on a loopback address. ' +
        'Pages opened from a file may call then, and a browser hardly tells them from sandboxed frames of other sites: turn it ' +
        'off where nothing needs it.',
    }),
    // What staff show instead of the service token is for the gateway to judge.
    GATEWAY_URL: serviceUrl('gateway', 8080),
    LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      default: 'info',
      description: 'How much is logged. `debug` adds a line for each request.',
    }),
    DATABASE_POOL_SIZE: Type.Integer({
      default: 10,
      minimum: 2,
      maximum: 500,
      description: 'How many connections a service keeps to its database at most.',
    }),
  }
}

const ServerSettings = Type.Object(serverSettings(0))
export type ServerSettings = Static<typeof ServerSettings>

const ajv = new Ajv({
  allErrors: true,
  coerceTypes: true,
  useDefaults: true,
  strict: false,
  verbose: true,
  formats: { 'postgres-url': isPostgresUrl, 'http-url': isHttpUrl, 'redis-url': isRedisUrl },
})

/**
 * Reads settings from environment variables by their schema. An empty variable counts as missing. `rules` finds what is wrong with several
 * settings together; it sees them also where the schema finds faults, so it may only compare. Throws `ConfigError` with every fault at once.
 */
export function readConfig<T extends TObject>(
  schema: T,
  env: Record<string, string | undefined>,
  rules: (settings: Static<T>) => string[] = () => [],
): Static<T> {
  const settings: Record<string, unknown> = {}
  for (const name of Object.keys(schema.properties)) {
    if (env[name] !== undefined && env[name] !== '') settings[name] = env[name]
  }
  const validate = ajv.compile(schema)
  validate(settings)
  const faults = [...(validate.errors ?? []).map(faultSentence), ...rules(settings as Static<T>)]
  if (faults.length > 0) throw new ConfigError(faults)
  return settings as Static<T>
}

/** Runs several readers and throws one `ConfigError` with the faults of all. */
export function readAll<T extends Record<string, () => unknown>>(readers: T): { [K in keyof T]: ReturnType<T[K]> } {
  const faults: string[] = []
  const results: Record<string, unknown> = {}
  for (const [name, read] of Object.entries(readers)) {
    try {
      results[name] = read()
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      faults.push(...error.faults)
    }
  }
  if (faults.length > 0) throw new ConfigError([...new Set(faults)])
  return results as { [K in keyof T]: ReturnType<T[K]> }
}

function faultSentence(error: ErrorObject): string {
  const name = error.keyword === 'required' ? String(error.params.missingProperty) : error.instancePath.slice(1)
  // Never the value itself: it may be a secret or hold a password.
  if (error.keyword === 'required') {
    const description = (error.parentSchema?.properties as Record<string, { description?: string }>)?.[name]
      ?.description
    return `${name} is missing. ${description ?? 'Set it.'}`
  }
  const description = error.parentSchema?.description
  if (error.params.format === 'postgres-url') {
    return /^(mysql|mariadb):/i.test(String(error.data))
      ? `${name} is a MySQL or MariaDB address, which Kakilima does not speak yet: give it a PostgreSQL address like postgres://user:password@host:5432/database.`
      : `${name} is not a PostgreSQL address like postgres://user:password@host:5432/database.`
  }
  if (error.params.format === 'redis-url')
    return `${name} is not a Redis address like redis://user:password@127.0.0.1:6379 or unix:/run/redis.sock.`
  if (error.params.format === 'http-url') return `${name} is not an address like http://127.0.0.1:8001.`
  if (error.keyword === 'pattern') return `${name} does not fit. ${description ?? ''}`.trim()
  if (error.keyword === 'enum') return `${name} must be one of ${(error.schema as string[]).join(', ')}.`
  return `${name} ${error.message}. ${description ?? ''}`.trim()
}

/** The rules that span several settings of a server. Returns faults, one sentence each. */
export function serverFaults(config: ServerSettings): string[] {
  if (!needsToken(config)) return []
  const { SERVICE_TOKEN: token } = config
  // A short one is a fault of the schema already.
  if (token !== undefined) return token.length < leastTokenLength ? [] : secretFaults('SERVICE_TOKEN', token)
  const why =
    config.NODE_ENV === 'production' ? 'NODE_ENV is production' : `HOST is ${config.HOST}, which others can reach`
  return [`SERVICE_TOKEN is missing, and ${why}: set the same secret of 32 characters or more for every service.`]
}

/** Whether callers must show the service token: anywhere but on one machine outside production. */
export function needsToken(config: ServerSettings): boolean {
  const isLoopback = ['127.0.0.1', '::1', 'localhost'].includes(config.HOST)
  return config.NODE_ENV === 'production' || !isLoopback || !config.LEGACY_OPEN_PORTS
}
