import { ConfigError } from '@kakilima/kit/config'
import { testEnvironment } from '@kakilima/testkit/app'
import { expect, test } from 'vitest'
import { readWebhookConfig } from './config.ts'
import { receiversOf } from './subscriptions/environment-receivers.ts'

const secret = 'whsec_w2FbDqXr5pT8hJ0sUgLzKcYvNe4R7mAi'
const read = (settings: Record<string, string>) =>
  readWebhookConfig(testEnvironment({ WEBHOOK_DATABASE_URL: 'postgres://unused', ...settings }))

function faultsOf(settings: Record<string, string>): string[] {
  try {
    read(settings)
  } catch (error) {
    if (error instanceof ConfigError) return error.faults
    throw error
  }
  return []
}

test('receivers are named by two variables each', () => {
  const mailUrl = 'smtp://mail.example.com:587'
  const mail = { name: 'mail', kind: 'message', url: mailUrl, secret: '' }
  expect(receiversOf(read({}), mailUrl)).toEqual([mail])
  const url = 'http://127.0.0.1:5678/webhook/kakilima-products'
  expect(receiversOf(read({ N8N_WEBHOOK_URL: url, N8N_WEBHOOK_SECRET: secret }), mailUrl)).toEqual([
    { name: 'n8n', kind: 'webhook', url, secret },
    mail,
  ])
  expect(receiversOf(read({ DIRECTUS_URL: 'http://10.0.0.7:8055', DIRECTUS_TOKEN: 'token' }), mailUrl)).toEqual([
    { name: 'directus', kind: 'directus', url: 'http://10.0.0.7:8055', secret: 'token' },
    mail,
  ])
})

test.each([
  [{ N8N_WEBHOOK_URL: 'http://localhost/' }, 'N8N_WEBHOOK_SECRET is missing'],
  [{ N8N_WEBHOOK_SECRET: secret }, 'N8N_WEBHOOK_URL is missing'],
  [{ DIRECTUS_URL: 'http://localhost/' }, 'DIRECTUS_TOKEN is missing'],
  [{ DIRECTUS_TOKEN: 'token' }, 'DIRECTUS_URL is missing'],
  [{ N8N_WEBHOOK_URL: 'ftp://localhost/', N8N_WEBHOOK_SECRET: secret }, 'N8N_WEBHOOK_URL does not fit'],
  [{ N8N_WEBHOOK_URL: 'http://user:pass@localhost/', N8N_WEBHOOK_SECRET: secret }, 'N8N_WEBHOOK_URL does not fit'],
  [{ N8N_WEBHOOK_URL: 'http://localhost/', N8N_WEBHOOK_SECRET: 'short' }, 'N8N_WEBHOOK_SECRET does not fit'],
  [{ N8N_WEBHOOK_URL: 'http://localhost/', N8N_WEBHOOK_SECRET: 'no base64 '.repeat(4) }, 'N8N_WEBHOOK_SECRET does not'],
  [
    {
      NODE_ENV: 'production',
      SERVICE_TOKEN: 'R7mAiw2FbDqXr5pT8hJ0sUgLzKcYvNe4',
      N8N_WEBHOOK_URL: 'https://n8n.shop.test/a',
      N8N_WEBHOOK_SECRET: `whsec_${'abcd'.repeat(9)}`,
    },
    'N8N_WEBHOOK_SECRET has too little variety',
  ],
  [{ SMTP_URL: 'mail.example.com:587' }, 'SMTP_URL is not an address'],
  [{ SMTP_URL: 'http://mail.example.com' }, 'SMTP_URL is not an address'],
  [{ SMTP_URL: 'smtp://user@mail.example.com' }, 'SMTP_URL is not an address'],
  [{ SMTP_URL: 'smtp://user:100%@mail.example.com' }, 'SMTP_URL is not an address'],
  [{ SMTP_URL: 'smtp://mail.example.com/inbox?tls=no' }, 'SMTP_URL is not an address'],
  [{ MAIL_FROM: 'Toko Sari' }, 'MAIL_FROM is not an address'],
  [{ MAIL_FROM: 'Toko Sari <toko@example.com>, x@example.com' }, 'MAIL_FROM is not an address'],
  [{ MAIL_FROM: 'Toko\nBcc: x@example.com <toko@example.com>' }, 'MAIL_FROM is not an address'],
  [
    {
      NODE_ENV: 'production',
      SERVICE_TOKEN: 'R7mAiw2FbDqXr5pT8hJ0sUgLzKcYvNe4',
      SMTP_URL: 'smtp://mail.example.com',
    },
    'MAIL_FROM is missing',
  ],
])('%j is refused', (settings, fault) => {
  expect(faultsOf(settings)).toEqual([expect.stringContaining(fault)])
})
