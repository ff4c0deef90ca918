import { openDatabase } from '@kakilima/kit/database'
import type { Kysely } from 'kysely'
import type { DatabaseUrls } from '../databases.ts'
import { audit, type Finding } from './audit.ts'

/** The services whose databases are looked at. */
export const auditedNames = ['inventory', 'order', 'payment'] as const

/** Opens the databases at these addresses read-only, audits them and closes them again. */
export async function auditDatabases(urls: DatabaseUrls, settleMs: number): Promise<Finding[]> {
  const open = (name: (typeof auditedNames)[number]): Kysely<any> =>
    openDatabase<any>(urls[name]!, {
      poolSize: 2,
      applicationName: 'kakilima audit',
      onIdleError: (error) => console.error(`The connection to the ${name} database broke: ${error.message}`),
      readOnly: true,
    })
  const databases = { inventory: open('inventory'), order: open('order'), payment: open('payment') }
  try {
    return await audit(databases, settleMs)
  } finally {
    await Promise.all(Object.values(databases).map((db) => db.destroy()))
  }
}
