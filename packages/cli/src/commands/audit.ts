import { openDatabase } from '@kakilima/kit/database'
import { createLogger } from '@kakilima/kit/logger'
import { runningPostgres } from '@kakilima/kit/running-postgres'
import { visitQueue } from '@kakilima/queue/open-queue'
import { defineCommand } from 'citty'
import type { Kysely } from 'kysely'
import { audit, type Finding } from '../audit/audit.ts'
import { readEnvironment, readFolders, readRedisUrl } from '../config.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { type DatabaseUrls, readDatabaseUrls, withDatabases } from '../databases.ts'
import { loadServices } from '../services.ts'

export const details = `
Reads the databases of the inventory, order and payment services and checks that what must never be
wrong is right: one order per idempotency key (I2), stock and reservations (I3), orders and decisions
(I4), orders and money (I5), events (I6), nothing stuck (I7). It changes nothing and may run beside the
shop. Looks at the databases of INVENTORY_DATABASE_URL, ORDER_DATABASE_URL and PAYMENT_DATABASE_URL (or
DATABASE_URL as a server for all), or at the embedded PostgreSQL, and at the Redis of REDIS_URL where
the queue is there. Exit code 1 when anything is wrong.

EXAMPLE
  npx kakilima audit --settle-seconds 10`

const auditedNames = ['inventory', 'order', 'payment'] as const
const shownViolations = 20
/** What goes wrong is thrown, and told once. */
const silentLogger = createLogger('audit', 'silent')

export const command = defineCommand({
  meta: { name: 'audit', description: 'Check that nothing was oversold, lost or paid twice' },
  args: {
    'settle-seconds': {
      type: 'string',
      default: '5',
      description: 'How long something that is just on its way between services may look wrong',
    },
  },
  async run({ args }) {
    const settleSeconds = Number(args['settle-seconds'])
    if (!(settleSeconds >= 0)) throw new Error('--settle-seconds must be a number of seconds, 0 or more.')
    const services = await loadServices([...auditedNames])
    const env = readEnvironment()
    const own = readDatabaseUrls(services, env)
    const data = await prepareDataFolder(
      readFolders(env).dataFolder,
      auditedNames.some((name) => own[name] === undefined),
    )

    const running = await runningPostgres(data.folder)
    const embedded = running && Object.fromEntries(auditedNames.map((name) => [name, running(`${name}_service`)]))
    await withDatabases(services, { ...embedded, ...own }, data.folder, async (urls) => {
      const findings = await auditDatabases(urls, readRedisUrl(env), settleSeconds * 1000)
      console.log(describe(findings))
      if (findings.some((finding) => finding.violations.length > 0)) process.exitCode = 1
    })
  },
})

async function auditDatabases(urls: DatabaseUrls, redisUrl: string | undefined, settleMs: number): Promise<Finding[]> {
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

function describe(findings: Finding[]): string {
  const table = findings.map(
    ({ invariant, holds, violations }) =>
      `${invariant}  ${violations.length === 0 ? 'holds' : `${violations.length} WRONG`}  ${holds}`,
  )
  const wrong = findings.flatMap((finding) => finding.violations)
  const shown = wrong
    .slice(0, shownViolations)
    .map(({ invariant, subject, message }) => `${invariant}: ${subject} ${message}`)
  const rest = wrong.length > shownViolations ? [`… and ${wrong.length - shownViolations} more`] : []
  return [...table, ...(wrong.length > 0 ? ['', ...shown, ...rest] : [])].join('\n')
}
