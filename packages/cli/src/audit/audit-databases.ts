import { openDatabase } from '@kakilima/kit/database'
import { createLogger } from '@kakilima/kit/logger'
import { visitQueue } from '@kakilima/queue/open-queue'
import type { Kysely } from 'kysely'
import type { DatabaseUrls } from '../databases.ts'
import { audit, type Finding } from './audit.ts'

/** The services whose databases are looked at. */
export const auditedNames = ['inventory', 'order', 'payment'] as const

/** Where to look: at these databases, and at the Redis that holds the queue, where one does. */
export type AuditedPlaces = { urls: DatabaseUrls; redisUrl: string | undefined }

/** What goes wrong is thrown, and told once. */
const silentLogger = createLogger('audit', 'silent')

/** Opens the databases read-only, and the queue, audits them and closes them again. */
export async function auditDatabases({ urls, redisUrl }: AuditedPlaces, settleMs: number): Promise<Finding[]> {
  const open = (name: (typeof auditedNames)[number]): Kysely<any> =>
    openDatabase<any>(urls[name]!, {
      poolSize: 2,
      applicationName: 'kakilima audit',
      onIdleError: (error) => console.error(`The connection to the ${name} database broke: ${error.message}`),
      readOnly: true,
    })
  const databases = { inventory: open('inventory'), order: open('order'), payment: open('payment') }
  await using opened = new AsyncDisposableStack()
  opened.defer(async () => {
    await Promise.all(Object.values(databases).map((db) => db.destroy()))
  })
  const queue = await visitQueue({ db: databases.order, redisUrl, name: 'audit', logger: silentLogger })
  opened.defer(queue.close)
  return await audit({ ...databases, queue }, settleMs)
}
