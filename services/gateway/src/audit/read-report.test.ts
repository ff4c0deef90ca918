import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AuditReport } from '@kakilima/contracts/system'
import { afterAll, expect, test } from 'vitest'
import { readReport } from './read-report.ts'

const folder = await mkdtemp(join(tmpdir(), 'kakilima-audit-'))
const file = join(folder, 'audit.json')
afterAll(() => rm(folder, { recursive: true }))

const report: AuditReport = {
  checked_at: '2026-11-22T08:00:00.000Z',
  took_ms: 120,
  is_whole: false,
  findings: [{ invariant: 'I3', holds: 'stock is the sum of the ledger', violations: 1, examples: ['product 5 lies'] }],
}

test('what was written is read', async () => {
  await writeFile(file, JSON.stringify(report))
  expect(await readReport(file)).toEqual(report)
})

test('before the first audit, and where no file is named, there is none', async () => {
  for (const missing of [join(folder, 'none.json'), undefined])
    await expect(readReport(missing)).rejects.toMatchObject({ type: 'audit-not-found', status: 404 })
})

test.each([
  ['empty', ''],
  ['half', JSON.stringify(report).slice(0, 60)],
  ['of something else', '{"is_whole": true}'],
  ['null', 'null'],
])('a file that is %s is an error, and not no audit', async (_, text) => {
  await writeFile(file, text)
  const failure: unknown = await readReport(file).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Error)
  expect(failure).not.toHaveProperty('type')
})
