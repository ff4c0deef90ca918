import { databaseUrl, readConfig, serverFaults, serverSettings, serviceUrl, shopName } from '@kakilima/kit/config'
import { secretFaults } from '@kakilima/kit/secrets'
import Type, { type Static } from 'typebox'
import { senderFaults, smtpFaults } from './messages/mail-settings.ts'

const receiverUrl = (description: string) =>
  Type.Optional(Type.String({ pattern: '^https?://[^\\s/@]+(/[^\\s]*)?$', maxLength: 2000, description }))

export const webhookSettings = Type.Object({
  ...serverSettings(8005),
  WEBHOOK_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the webhook service. Where one service runs alone, DATABASE_URL will do.',
  ),
  USER_URL: serviceUrl('user', 8001),
  INVENTORY_URL: serviceUrl('inventory', 8002),
  ORDER_URL: serviceUrl('order', 8003),
  PAYMENT_URL: serviceUrl('payment', 8004),
  N8N_WEBHOOK_URL: receiverUrl(
    'A receiver of `product.*` and `stock.changed`, such as a workflow of n8n. It may have a private address. Needs N8N_WEBHOOK_SECRET.',
  ),
  N8N_WEBHOOK_SECRET: Type.Optional(
    Type.String({
      pattern: '^(whsec_)?[A-Za-z0-9+/]{32,86}={0,2}$',
      description:
        'What its messages are signed with, as Standard Webhooks have it: `whsec_` and 24 to 64 random bytes in base64. ' +
        'Make one with `echo whsec_$(openssl rand -base64 32)`.',
    }),
  ),
  DIRECTUS_URL: receiverUrl(
    'A Directus whose collection `products` is kept like the products of the shop. It may have a private address. Needs DIRECTUS_TOKEN.',
  ),
  DIRECTUS_TOKEN: Type.Optional(
    Type.String({
      minLength: 1,
      pattern: '^[\\x21-\\x7e]+$',
      description: 'A static token of a Directus user who may read, create, change and delete in `products`.',
    }),
  ),
  SMTP_URL: Type.Optional(
    Type.String({
      maxLength: 2000,
      description:
        'The mail server by which customers are told of their orders: `smtp://user:password@mail.example.com:587`, or ' +
        '`smtps:` where TLS comes first (465). Special characters of the password as in addresses: `%40` for `@`. Without ' +
        'it, e-mail is written to files in MAIL_FOLDER.',
    }),
  ),
  MAIL_FROM: Type.Optional(
    Type.String({
      maxLength: 320,
      description:
        'Who e-mail comes from: `Toko Sari <toko@example.com>`, or the address alone. Unless set it is SHOP_NAME with ' +
        '`no-reply@localhost`, which mail servers refuse. In production SMTP_URL needs it.',
    }),
  ),
  MAIL_FOLDER: Type.String({
    default: '.kakilima/mail',
    minLength: 1,
    description: 'The folder of e-mail to customers, one file `.eml` each, where there is no SMTP_URL.',
  }),
  MAIL_TIMEOUT_SECONDS: Type.Number({
    default: 30,
    minimum: 0.1,
    maximum: 300,
    description: 'How long one try to send an e-mail may take. Mail servers let strangers wait.',
  }),
  SHOP_NAME: shopName,
  SHOP_URL: Type.Optional(
    Type.String({
      format: 'http-url',
      description: 'Where customers find the shop, for links in e-mail. Unless set it is GATEWAY_URL.',
    }),
  ),
  WEBHOOK_TIMEOUT_SECONDS: Type.Number({
    default: 10,
    minimum: 0.1,
    maximum: 60,
    description: 'How long one try to deliver an event may take, from the name look-up to the last byte of the answer.',
  }),
  WEBHOOK_RETRY_HOURS: Type.Number({
    default: 72,
    minimum: 0,
    maximum: 720,
    description: 'For how long a delivery that fails is tried again, until it is parked.',
  }),
  DELIVERIES_KEEP_HOURS: Type.Number({
    default: 72,
    minimum: 0,
    description:
      'How long deliveries are kept after they were made. Those of `stock.changed` stay for an hour at most.',
  }),
})
export type WebhookConfig = Static<typeof webhookSettings>

export function readWebhookConfig(env: Record<string, string | undefined>): WebhookConfig {
  return readConfig(
    webhookSettings,
    { ...env, WEBHOOK_DATABASE_URL: env.WEBHOOK_DATABASE_URL || env.DATABASE_URL },
    (config) => [...serverFaults(config), ...receiverFaults(config), ...smtpFaults(config), ...senderFaults(config)],
  )
}

function receiverFaults(config: WebhookConfig): string[] {
  const faults: string[] = []
  const pairs = [
    ['N8N_WEBHOOK_URL', 'N8N_WEBHOOK_SECRET'],
    ['DIRECTUS_URL', 'DIRECTUS_TOKEN'],
  ] as const
  for (const [url, secret] of pairs) {
    if ((config[url] === undefined) !== (config[secret] === undefined))
      faults.push(`${config[url] === undefined ? url : secret} is missing: ${url} and ${secret} belong together.`)
    if (config[url] !== undefined && !URL.canParse(config[url]))
      faults.push(`${url} is not an address like https://example.com/path.`)
  }
  const { NODE_ENV, N8N_WEBHOOK_SECRET } = config
  if (NODE_ENV === 'production' && N8N_WEBHOOK_SECRET !== undefined)
    faults.push(...secretFaults('N8N_WEBHOOK_SECRET', N8N_WEBHOOK_SECRET.replace(/^whsec_/, '')))
  return faults
}
