import { runningPostgres } from '@kakilima/embedded-postgres/running-postgres'
import { defineCommand } from 'citty'
import type { Finding } from '../audit/audit.ts'
import { auditedNames } from '../audit/audit-databases.ts'
import { auditFileIn } from '../audit/audit-report.ts'
import { runAudit } from '../audit/run-audit.ts'
import { readEnvironment, readFolders, readRedisUrl } from '../config.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { readDatabaseUrls, withDatabases } from '../databases.ts'
import { loadServices } from '../services.ts'

export const details = `
Reads the databases of the inventory, order and payment services and checks that what must never be
wrong is right: one order per idempotency key (I2), stock and reservations (I3), orders and decisions
(I4), orders and money (I5), events (I6), nothing stuck (I7). It changes nothing and may run beside the
shop. Looks at the databases of INVENTORY_DATABASE_URL, ORDER_DATABASE_URL and PAYMENT_DATABASE_URL (or
DATABASE_URL as a server for all), or at the embedded PostgreSQL, and at the Redis of REDIS_URL where
the queue is there. What it finds is also written to AUDIT_FILE, or audit.json in the folder of the
data, where the admin panel shows it. Exit code 1 when anything is wrong. \`kakilima up\` runs the same
every AUDIT_EVERY_MINUTES.

EXAMPLE
  npx kakilima audit --settle-seconds 10`

const shownViolations = 20

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
      const file = auditFileIn(data.folder, env)
      const places = { urls, redisUrl: readRedisUrl(env) }
      const findings = await runAudit(places, settleSeconds * 1000, file, (found) => console.log(describe(found)))
      if (findings.some((finding) => finding.violations.length > 0)) process.exitCode = 1
    })
  },
})

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
