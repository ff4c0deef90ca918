import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runCases, shortRun, trialRun, wholeRun } from './cases.ts'
import { chartOf } from './chart.ts'
import { connections } from './measure.ts'
import { describeMachine } from './machine.ts'
import { type Report, reportTables } from './report.ts'
import { customers, shopSettings } from './shop-under-test.ts'

const { values } = parseArgs({
  options: {
    // Whether the bench works: a few hundred requests of everything.
    trial: { type: 'boolean', default: false },
    // Four minutes: write it somewhere else with --out, the recorded results are those of a whole run.
    short: { type: 'boolean', default: false },
    out: { type: 'string', default: join(import.meta.dirname, 'results') },
  },
})

const start = performance.now()
const say = (line: string) =>
  console.log(`${String(Math.round((performance.now() - start) / 1000)).padStart(4)} s  ${line}`)
const git = (...args: string[]) => execFileSync('git', args, { cwd: import.meta.dirname, encoding: 'utf8' }).trim()

const [lengths, option] = values.trial
  ? [trialRun, ' -- --trial']
  : values.short
    ? [shortRun, ' -- --short']
    : [wholeRun, '']
const measuredAt = new Date().toISOString()
const results = await runCases(lengths, say)
const report: Report = {
  measuredAt,
  commit:
    git('rev-parse', '--short', 'HEAD') +
    (git('status', '--porcelain', '--untracked-files=no') === '' ? '' : ' (changed)'),
  command: `npm run bench${option}`,
  machine: describeMachine(),
  settings: {
    connections,
    customers,
    ...('seconds' in lengths.main
      ? { 'seconds of the main runs': lengths.main.seconds }
      : { 'requests of the main runs': lengths.main.requests }),
    rounds: lengths.rounds,
    PAYMENT_WINDOW_SECONDS: shopSettings.PAYMENT_WINDOW_SECONDS,
    fsync: 'on',
  },
  results,
}
mkdirSync(values.out, { recursive: true })
const json = join(values.out, 'latest.json')
writeFileSync(
  json,
  `${JSON.stringify(report, (_key, value) => (typeof value === 'number' ? Number(value.toFixed(3)) : value), 2)}\n`,
)
writeFileSync(join(values.out, 'latest.svg'), chartOf(report))
console.log(`\n${reportTables(report)}\n\nWritten to ${json} and latest.svg.`)
