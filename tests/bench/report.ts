import { median } from './measure.ts'
import type { Results } from './cases.ts'
import { ratesOf } from './read-cases.ts'

export type Report = {
  measuredAt: string
  commit: string
  command: string
  machine: { cpu: string; cores: number; memoryGb: number; kernel: string; node: string }
  settings: Record<string, unknown>
  results: Results
}

/** A target of the bench: what was measured, what it should be, and whether it is. */
export type Target = { what: string; measured: string; wanted: string; isMet: boolean }

const round = (value: number, digits = 0) => Number(value.toFixed(digits))
const count = (value: number) => round(value).toLocaleString('en-US')

/** The figures that everything else is compared by: medians over the rounds. */
export function headline({ bare, uniform, hot, overRedis, naive, naiveHot, filled }: Results) {
  const decided = (runs: Results['uniform']) => median(runs.map((run) => run.decidedPerSecond!))
  return {
    bare: median(bare.map((run) => run.acceptedPerSecond)),
    accepted: median(uniform.map((run) => run.acceptedPerSecond)),
    decided: decided(uniform),
    hot: decided(hot),
    ...(typeof overRedis === 'object' && { redis: decided(overRedis.uniform), redisHot: decided(overRedis.hot) }),
    naive: naive.acceptedPerSecond,
    naiveHot: naiveHot.acceptedPerSecond,
    filled: decided(filled.runs),
    empty: decided(filled.emptyRuns),
  }
}

function targetsOf(results: Results): Target[] {
  const { bare, decided, hot, naive, naiveHot, filled, empty } = headline(results)
  const { halfLoad, memory } = results
  const atLeast = (what: string, value: number, wanted: number, name = `≥ ${wanted}`): Target => ({
    what,
    measured: String(round(value, 2)),
    wanted: name,
    isMet: value >= wanted,
  })
  const below = (what: string, value: number, limit: number, unit: string): Target => ({
    what,
    measured: `${round(value)} ${unit}`,
    wanted: `< ${limit} ${unit}`,
    isMet: value < limit,
  })
  return [
    atLeast('decided orders to answers of bare `node:http`', decided / bare, 0.5, '≥ 0.5 (floor), 0.6 (aim)'),
    atLeast('one hot product to 1,000 products', hot / decided, 0.9),
    atLeast('decided orders to the naive transaction', decided / naive, 8),
    atLeast('decided orders to the naive transaction, hot product', hot / naiveHot, 8),
    atLeast(`with ${count(results.filled.ordersInTables)} orders in the tables to none`, filled / empty, 0.9),
    below('acceptance at half load, p99', halfLoad.p99Ms, 50, 'ms'),
    below('acceptance to decision at half load, p99', halfLoad.decisionP99Ms, 250, 'ms'),
    atLeast(
      'warm reads of the catalog to bare `node:http` sending the same bytes, the slowest kind',
      slowestRead(results),
      0.6,
      '≥ 0.6 (floor), 0.8 (aim)',
    ),
    below('memory, idle', memory.idle.node + memory.idle.postgres, 250, 'MB'),
    below(`memory after ${count(memory.afterOrders)} orders`, memory.after.node + memory.after.postgres, 450, 'MB'),
  ]
}

function slowestRead({ reads }: Results): number {
  return Math.min(...reads.cases.map(ratesOf).map(({ warm, bare }) => warm / bare))
}

/** The catalog's reads, one row a kind and number of products. */
function readRows({ reads }: Results): string[][] {
  return reads.cases.map((read) => {
    const { warm, bare } = ratesOf(read)
    const { cold } = read
    const kilobytes = `${round(read.bytes / 1000, 1)} kB`
    return [
      read.name,
      count(read.products),
      kilobytes,
      `${count(cold.perSecond)} (${round(cold.p50Ms)} / ${round(cold.p99Ms)} ms)`,
      count(warm),
      count(bare),
      String(round(warm / bare, 2)),
    ]
  })
}

/** What the README may say, rounded down. */
export function claimOf(results: Results): string {
  const { decided, hot } = headline(results)
  const hundreds = (value: number) => count(Math.floor(value / 100) * 100)
  return `${hundreds(decided)} orders a second, ${hundreds(hot)} of one hot product`
}

type Row = [server: string, accepted: string, decided: string, latency: string]

const latency = ({ p50Ms, p99Ms }: { p50Ms: number; p99Ms: number }) => `${round(p50Ms)} / ${round(p99Ms)} ms`

/** The run of middle speed. */
function middleOf(runs: Results['uniform']): Results['uniform'][number] {
  return runs.toSorted((a, b) => a.decidedPerSecond! - b.decidedPerSecond!)[runs.length >> 1]!
}

function redisRows({ overRedis }: Results): Row[] {
  // Measurements from before there was Redis say nothing of it.
  if (overRedis === undefined) return []
  if (typeof overRedis === 'string') return [[`gateway, queue in Redis (${overRedis})`, '', '', '']]
  const row = (name: string, runs: Results['uniform']): Row => {
    const middle = middleOf(runs)
    return [name, count(middle.acceptedPerSecond), count(middle.decidedPerSecond!), latency(middle)]
  }
  return [
    row('gateway, 1,000 products, queue in Redis', overRedis.uniform),
    row('gateway, one hot product, queue in Redis', overRedis.hot),
  ]
}

/** What is shown on the screen and stands in docs/performance.md. */
export function reportTables({ measuredAt, commit, command, machine, settings, results }: Report): string {
  const { uniform, hot, overRedis, flash, naive, naiveHot, awaited, halfLoad, memory } = results
  const figures = headline(results)
  const [middle, middleHot] = [middleOf(uniform), middleOf(hot)]
  const rows: Row[] = [
    ['bare `node:http`, which only answers', count(figures.bare), '', latency(results.bare[0]!)],
    ['gateway, 1,000 products', count(figures.accepted), count(figures.decided), latency(middle)],
    ['gateway, one hot product', count(middleHot.acceptedPerSecond), count(figures.hot), latency(middleHot)],
    ...redisRows(results),
    ['`POST :8003/orders`, decision awaited', '', count(awaited.acceptedPerSecond), latency(awaited)],
    ['naive transaction, 1,000 products', '', count(naive.acceptedPerSecond), latency(naive)],
    ['naive transaction, one hot product', '', count(naiveHot.acceptedPerSecond), latency(naiveHot)],
  ]
  const cpuOf = ({ cpuMicroseconds }: Results['uniform'][number]) =>
    Object.entries(cpuMicroseconds)
      .filter(([, microseconds]) => microseconds > 0)
      .map(([name, microseconds]) => `${name} ${microseconds}`)
      .join(', ')
  return [
    table(['server', 'accepted/s', 'decided/s', 'answer p50 / p99'], rows),
    '',
    table(
      ['target', 'measured', 'wanted', ''],
      targetsOf(results).map(({ what, measured, wanted, isMet }) => [what, measured, wanted, isMet ? 'met' : 'missed']),
    ),
    '',
    table(
      ['read of the catalog', 'products', 'answer', 'cold/s (p50 / p99)', 'warm/s', 'bare/s', 'warm to bare'],
      readRows(results),
    ),
    '',
    `- Flash sale of 1,000 units: all sold ${count(flash.allSoldAfterMs)} ms after the first order was accepted; ` +
      `${count(flash.rejectedPerSecond)} others a second were turned away.`,
    `- Half load (${count(halfLoad.perSecond)}/s): accepted in ${latency(halfLoad)} (p50 / p99), decided ` +
      `${round(halfLoad.decisionP50Ms)} / ${round(halfLoad.decisionP99Ms)} ms after acceptance.`,
    `- Memory (PSS): idle ${describeMemory(memory.idle)}; after ${count(memory.afterOrders)} orders ${describeMemory(memory.after)}.`,
    `- The catalog rebuilt: ${results.reads.rebuildSeconds.map(({ products, seconds }) => `${count(products)} products in ${round(seconds, 1)} s`).join(', ')}.`,
    `- CPU for an accepted and decided order, in µs: ${cpuOf(middle)}.`,
    ...(typeof overRedis === 'object'
      ? [`- The same with the queue in Redis: ${cpuOf(middleOf(overRedis.uniform))}.`]
      : []),
    `- CPU steal: at most ${round(Math.max(...[...results.bare, ...uniform, ...hot].map((run) => run.stealPercent)), 1)}% in a run.`,
    `- Measured ${measuredAt.slice(0, 10)} at commit ${commit} by \`${command}\` on ${machine.cores} cores of ${machine.cpu}, ` +
      `${machine.memoryGb} GB, Linux ${machine.kernel}, Node ${machine.node.slice(1)}; load generator on the same cores; ` +
      `${Object.entries(settings)
        .map(([name, value]) => `${name} ${String(value)}`)
        .join(', ')}.`,
  ].join('\n')
}

function describeMemory({ node, postgres }: { node: number; postgres: number }): string {
  return `${round(node + postgres)} MB (Node ${round(node)}, PostgreSQL ${round(postgres)})`
}

function table(head: string[], rows: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => row[column]!.length), 3))
  const line = (cells: string[]) => `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n')
}
