import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { canRunRedis } from '@kakilima/testkit/redis-per-file'
import { expect, test } from 'vitest'
import { claimOf, type Report, reportTables } from './report.ts'

const root = join(import.meta.dirname, '..', '..')
const read = (...path: string[]) => readFileSync(join(root, ...path), 'utf8')

test('the bench runs through every case, and the auditor finds nothing after any', async () => {
  const out = await mkdtemp(join(tmpdir(), 'kakilima-bench-'))
  try {
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(root, 'tests/bench/bench.ts'),
      '--trial',
      '--out',
      out,
    ])
    const report = JSON.parse(readFileSync(join(out, 'latest.json'), 'utf8')) as Report
    const { bare, uniform, hot, overRedis, flash, naive, awaited, halfLoad, filled } = report.results
    // How fast is for quiet machines; here it counts that each load got through and nobody was turned away.
    for (const { accepted, statuses } of [
      ...bare,
      ...uniform,
      ...hot,
      ...(typeof overRedis === 'object' ? [...overRedis.uniform, ...overRedis.hot] : []),
      flash,
      naive,
      awaited,
      halfLoad,
      ...filled.runs,
    ]) {
      expect(accepted).toBeGreaterThan(0)
      expect(Object.keys(statuses).every((status) => Number(status) < 300)).toBe(true)
    }
    if (canRunRedis) expect(overRedis).toMatchObject({ uniform: [{}], hot: [{}] })
    else expect(stdout).toContain('redis-server is not installed')
    expect(stdout).toContain(reportTables(report))
    expect(existsSync(join(out, 'latest.svg'))).toBe(true)
  } finally {
    await rm(out, { recursive: true })
  }
})

test('the results are figures that one can read through, and not the orders they were made of', () => {
  expect(read('tests/bench/results/latest.json').length).toBeLessThan(50_000)
})

test('what we say of the speed is what was measured last', () => {
  const report = JSON.parse(read('tests/bench/results/latest.json')) as Report
  expect(report.command).toBe('npm run bench')
  expect(read('docs/performance.md')).toContain(reportTables(report))
  expect(read('README.md')).toContain(claimOf(report.results))
})
