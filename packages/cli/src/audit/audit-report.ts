import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AuditReport } from '@kakilima/contracts/system'
import type { Environment } from '../config.ts'
import type { Finding } from './audit.ts'

const mostExamples = 5

/** Where the last result is kept. */
export function auditFileIn(dataFolder: string, env: Environment): string {
  return env.AUDIT_FILE || join(dataFolder, 'audit.json')
}

/** What people are told of an audit that began at a time and took so long. */
export function reportOf(findings: Finding[], begunAt: Date, tookMs: number): AuditReport {
  return {
    checked_at: begunAt.toISOString(),
    took_ms: Math.round(tookMs),
    is_whole: findings.every(({ violations }) => violations.length === 0),
    findings: findings.map(({ invariant, holds, violations }) => ({
      invariant,
      holds,
      violations: violations.length,
      examples: violations.slice(0, mostExamples).map(({ subject, message }) => `${subject} ${message}`),
    })),
  }
}

/** Puts a report in the place of the last one at once: whoever reads meanwhile gets either, and never half of one. */
export async function writeReport(file: string, report: AuditReport): Promise<void> {
  const unfinished = `${file}.${process.pid}`
  try {
    await writeFile(unfinished, `${JSON.stringify(report, null, 2)}\n`)
    await rename(unfinished, file)
  } catch (error) {
    await rm(unfinished, { force: true })
    throw new Error(`The result of the audit cannot be written to ${file}: name another file in AUDIT_FILE.`, {
      cause: error,
    })
  }
}
