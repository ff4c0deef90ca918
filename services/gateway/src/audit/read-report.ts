import { readFile } from 'node:fs/promises'
import { problem } from '@kakilima/contracts/problems'
import { AuditReport } from '@kakilima/contracts/system'
import { Check } from 'typebox/value'

/**
 * What the auditor found when it last looked. Throws `audit-not-found` where it never did. A file that holds something else is an error:
 * that all is well must not be what a broken file looks like.
 */
export async function readReport(file: string | undefined): Promise<AuditReport> {
  const text = file === undefined ? undefined : await readIfThere(file)
  if (text === undefined) throw problem('audit-not-found', 'The shop was not audited yet')
  const report: unknown = JSON.parse(text)
  if (!Check(AuditReport, report)) throw new Error(`${file} holds no result of an audit`)
  return report
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
