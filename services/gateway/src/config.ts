import { isIP } from 'node:net'
import {
  corsOrigins,
  databaseUrl,
  listOf,
  readConfig,
  serverFaults,
  serverSettings,
  serviceUrl,
} from '@kakilima/kit/config'
import { secretFaults } from '@kakilima/kit/secrets'
import Type, { type Static } from 'typebox'

export const gatewaySettings = Type.Object({
  ...serverSettings(8080),
  ORDER_DATABASE_URL: databaseUrl(
    'The PostgreSQL database that holds the queue `new_orders`: that of the order service.',
  ),
  USER_URL: serviceUrl('user', 8001),
  INVENTORY_URL: serviceUrl('inventory', 8002),
  ORDER_URL: serviceUrl('order', 8003),
  PAYMENT_URL: serviceUrl('payment', 8004),
  WEBHOOK_URL: serviceUrl('webhook', 8005),
  CATALOG_URL: serviceUrl('catalog', 8055),
  IMAGES_URL: Type.Optional(
    Type.String({
      format: 'http-url',
      description: 'Where browsers find the pictures of products: as for the inventory service.',
    }),
  ),
  STOREFRONT_FOLDER: Type.Optional(
    Type.String({
      minLength: 1,
      description: 'The folder of the built storefront. Where it is missing, the one that `npm run build` makes.',
    }),
  ),
  ADMIN_FOLDER: Type.Optional(Type.String({ minLength: 1, description: 'The same for the admin panel.' })),
  AUDIT_FILE: Type.Optional(
    Type.String({
      minLength: 1,
      description:
        'The file with what the auditor found last, which `kakilima audit` writes and the admin panel shows. With `kakilima up` audit.json in KAKILIMA_DATA.',
    }),
  ),
  SHOP_NAME: Type.String({
    default: 'Kakilima',
    minLength: 1,
    maxLength: 60,
    description: 'What the shop is called until somebody names it in its settings.',
  }),
  JWT_SECRETS: Type.String({
    pattern: '^\\s*[^,\\s]{32,}\\s*(,\\s*[^,\\s]{32,}\\s*)*$',
    description:
      'Secrets of 32 characters or more, separated by commas. The first signs tokens, all are accepted: put a new one ' +
      'in front and drop the old one after 72 hours. `kakilima up` makes one and keeps it, outside production.',
  }),
  CORS_ORIGINS: corsOrigins,
  TRUSTED_PROXIES: Type.String({
    default: '',
    description:
      'Addresses and networks (`10.0.0.0/8`) of your own reverse proxies, separated by commas. Their `X-Forwarded-For` says ' +
      'which address a request comes from; without them it is that of the connection. Needed behind nginx and the like, or ' +
      'all customers share one RATE_LIMIT_ADDRESS.',
  }),
  RATE_LIMIT_ADDRESS: Type.Integer({
    default: 300,
    minimum: 1,
    description: 'How often one address may sign in, register or begin as a guest in a minute.',
  }),
  RATE_LIMIT_ACCOUNT: Type.Integer({
    default: 10,
    minimum: 1,
    description: 'How often anybody may try to sign in to one account in a minute, right or wrong.',
  }),
  RATE_LIMIT_ORDERS: Type.Integer({
    default: 3000,
    minimum: 1,
    description: 'How many orders one customer may place in a minute.',
  }),
  LIVE_LIMIT_SOCKETS: Type.Integer({
    default: 10_000,
    minimum: 1,
    description: 'How many live connections one gateway keeps at most.',
  }),
  QUEUE_LIMIT_ORDERS: Type.Integer({
    default: 50_000,
    minimum: 1,
    description: 'How many orders may wait for a decision before new ones are answered 503.',
  }),
  QUEUE_LIMIT_SECONDS: Type.Number({
    default: 30,
    minimum: 0.1,
    description:
      'How many seconds of work may wait, at the speed of the last seconds, before new orders are answered 503.',
  }),
})
export type GatewayConfig = Static<typeof gatewaySettings>

export function readGatewayConfig(env: Record<string, string | undefined>): GatewayConfig {
  return readConfig(gatewaySettings, env, (config) => [
    ...serverFaults(config),
    ...tokenFaults(config),
    ...proxyFaults(config),
  ])
}

// Also called with what the schema finds faulty, or missing.
function tokenFaults({ NODE_ENV, JWT_SECRETS = '', SERVICE_TOKEN }: Partial<GatewayConfig>): string[] {
  if (NODE_ENV !== 'production') return []
  const secrets = listOf(JWT_SECRETS)
  const faults = secrets
    .filter((secret) => secret.length >= 32)
    .flatMap((secret) => secretFaults('JWT_SECRETS', secret))
  // Who sees one of them would have both.
  if (secrets.includes(SERVICE_TOKEN ?? ''))
    faults.push('JWT_SECRETS and SERVICE_TOKEN are the same: give each its own.')
  return [...new Set(faults)]
}

function proxyFaults({ TRUSTED_PROXIES = '' }: Partial<GatewayConfig>): string[] {
  return listOf(TRUSTED_PROXIES)
    .filter((entry) => !isNetwork(entry))
    .map((entry) => `TRUSTED_PROXIES has ${entry}, which is no address like 10.1.2.3 and no network like 10.0.0.0/8.`)
}

function isNetwork(entry: string): boolean {
  const [, address = '', bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? []
  const version = isIP(address)
  return version !== 0 && Number(bits ?? 0) <= (version === 4 ? 32 : 128)
}
