import { setPriority } from 'node:os'
import type { DatabaseUrls } from '../databases.ts'
import { sentenceOf } from '../report-failure.ts'
import { runAudit } from './run-audit.ts'

/** What this process is told to do, once. */
export type AuditTask = { urls: DatabaseUrls; settleMs: number; file: string }

/** What it answers: which invariants do not hold, or what went wrong here. */
export type AuditReply = { broken: string[] } | { failure: string }

async function run({ urls, settleMs, file }: AuditTask): Promise<AuditReply> {
  try {
    const findings = await runAudit(urls, settleMs, file)
    const broken = findings.filter(({ violations }) => violations.length > 0).map(({ invariant }) => invariant)
    return { broken: [...new Set(broken)] }
  } catch (error) {
    return { failure: sentenceOf(error) }
  }
}

/** Orders go first. */
const lowPriority = 10

setPriority(lowPriority)
// It ends with the shop that started it, and not before, though what stops the shop may reach both.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => undefined)
process.on('disconnect', () => process.exit())
process.once('message', (task: AuditTask) => void run(task).then((reply) => process.send!(reply)))
process.send!('ready')
