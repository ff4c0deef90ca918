import type { DatabaseUrls } from '../databases.ts'
import type { Finding } from './audit.ts'
import { auditDatabases } from './audit-databases.ts'
import { reportOf, writeReport } from './audit-report.ts'

/** Audits the databases and keeps what was found in a file. `tell` hears of it first, so that nothing is lost where that cannot be written. */
export async function runAudit(
  urls: DatabaseUrls,
  settleMs: number,
  file: string,
  tell: (findings: Finding[]) => void = () => undefined,
): Promise<Finding[]> {
  const [begunAt, begin] = [new Date(), performance.now()]
  const findings = await auditDatabases(urls, settleMs)
  const report = reportOf(findings, begunAt, performance.now() - begin)
  tell(findings)
  await writeReport(file, report)
  return findings
}
