import type { Db } from '@kakilima/kit/database'
import { inTransaction } from '@kakilima/kit/transaction'
import { sql } from 'kysely'
import type { WebhookConfig } from '../config.ts'
import type { WebhookTables } from '../database.ts'
import { messageTypes } from '../messages/message.ts'
import { wants } from './subscription.ts'

/** A receiver that the environment names. What it is shown or signed with stays in the environment. */
export type EnvironmentReceiver = {
  name: string
  kind: 'webhook' | 'directus' | 'message'
  url: string
  /** What it is signed with or shown; empty where a channel of messages has its own. */
  secret: string
}

const productTypes = ['product.*', 'stock.changed']
const eventTypes = { webhook: productTypes, directus: productTypes, message: [...messageTypes] }

const descriptions: Record<string, string> = {
  n8n: 'N8N_WEBHOOK_URL in the environment of the shop',
  directus: 'DIRECTUS_URL in the environment of the shop: products are written into its collection products',
  mail: 'Customers are told of their orders by e-mail: SMTP_URL or MAIL_FOLDER in the environment of the shop',
}

/** The receivers that the settings name. `mailUrl` says where e-mail to customers goes. */
export function receiversOf(config: WebhookConfig, mailUrl: string): EnvironmentReceiver[] {
  const { N8N_WEBHOOK_URL, N8N_WEBHOOK_SECRET, DIRECTUS_URL, DIRECTUS_TOKEN } = config
  const named = (name: string, kind: 'webhook' | 'directus', url?: string, secret?: string): EnvironmentReceiver[] =>
    url === undefined || secret === undefined ? [] : [{ name, kind, url, secret }]
  return [
    ...named('n8n', 'webhook', N8N_WEBHOOK_URL, N8N_WEBHOOK_SECRET),
    ...named('directus', 'directus', DIRECTUS_URL, DIRECTUS_TOKEN),
    { name: 'mail', kind: 'message', url: mailUrl, secret: '' },
  ]
}

/**
 * Keeps the subscriptions like the environment: what it names is active, what it does not name any more is not. One that is new, is back,
 * or has another address gets all products as they are now, where it wants products.
 */
export async function keepEnvironmentReceivers(db: Db<WebhookTables>, receivers: EnvironmentReceiver[]): Promise<void> {
  await inTransaction(db, async (tx) => {
    for (const { name, kind, url } of receivers) {
      const syncAfter = wants(eventTypes[kind], 'product.updated') ? 0 : null
      await sql`
        insert into subscriptions as s (source, name, kind, url, event_types, description, sync_after)
        values ('environment', ${name}, ${kind}, ${url}, ${eventTypes[kind]}, ${descriptions[name]}, ${syncAfter})
        on conflict (name) where name is not null do update set
          url = excluded.url, event_types = excluded.event_types, description = excluded.description,
          is_active = true, inactive_reason = null,
          sync_after = case when s.is_active and s.url = excluded.url then s.sync_after else excluded.sync_after end,
          version = s.version + 1, updated_at = clock_timestamp()
        where not s.is_active
          or (s.url, s.event_types, s.description) is distinct from (excluded.url, excluded.event_types, excluded.description)
      `.execute(tx)
    }
    await sql`
      update subscriptions set is_active = false, inactive_reason = 'The environment does not name it any more',
        sync_after = null, version = version + 1, updated_at = clock_timestamp()
      where source = 'environment' and is_active and name <> all(${receivers.map(({ name }) => name)}::text[])`.execute(
      tx,
    )
  })
}
