import { readTicks, stealPercent, untilIdle } from './machine.ts'
import { type Load, type LoadResult, runLoad, type Span } from './run-load.ts'
import { type ShopUnderTest, signTokens } from './shop-under-test.ts'

/** What one load did to one server. Rates are per second, latencies in milliseconds, CPU in microseconds an order. */
export type Measured = {
  accepted: number
  seconds: number
  acceptedPerSecond: number
  /** Until the last accepted order was decided. Only where orders are decided after they were accepted. */
  decidedPerSecond?: number
  statuses: Record<number, number>
  p50Ms: number
  p99Ms: number
  cpuMicroseconds: Record<string, number>
  stealPercent: number
}

export const connections = 128
/** Beyond it a run says more about the neighbours of this machine than about us, and is done again. */
const mostStealPercent = 8
const mostRepeats = 2

const tokens = signTokens()
let runs = 0

/** Loads a server that decides before it answers, or not at all: the bare one, the naive one, and `POST :8003/orders`. */
export async function measureServer(
  load: Pick<Load, 'port' | 'path' | 'span' | 'products'> & Partial<Load>,
  shop?: ShopUnderTest,
): Promise<Measured> {
  return repeatUnlessQuiet(load.span, async () => {
    const before = await shop?.cpuSeconds()
    const result = await runLoad(wholeLoad(load))
    return { result, cpuSeconds: difference(before, await shop?.cpuSeconds()), untilSeconds: undefined }
  })
}

/** Loads the gateway of a shop and waits until every accepted order is decided. Throws when one is lost or the auditor finds a fault. */
export async function measureShop(
  shop: ShopUnderTest,
  load: Pick<Load, 'span' | 'products'> & Partial<Load>,
): Promise<{ measured: Measured; orderIds: number[] }> {
  let orderIds: number[] = []
  const measured = await repeatUnlessQuiet(load.span, async () => {
    const before = await shop.cpuSeconds()
    const start = performance.now()
    const result = await runLoad(wholeLoad({ port: shop.port('gateway'), path: '/api/v1/orders', ...load }))
    const overheadSeconds = (performance.now() - start) / 1000 - result.seconds
    await shop.untilDecided()
    // The generator's own start and end belong to nobody's speed.
    const untilSeconds = (performance.now() - start) / 1000 - overheadSeconds
    const cpuSeconds = difference(before, await shop.cpuSeconds())
    await shop.requireAll(result.orderIds)
    await shop.audit()
    orderIds = result.orderIds
    return { result, cpuSeconds, untilSeconds }
  })
  return { measured, orderIds }
}

/** What reads of one kind came to. Latencies in milliseconds. */
export type MeasuredReads = { perSecond: number; p50Ms: number; p99Ms: number; stealPercent: number }

/** Reads these paths in turn. Throws when one is not answered 200. */
export async function measureReads(load: { port: number; span: Span; gets: string[] }): Promise<MeasuredReads> {
  const measured = await repeatUnlessQuiet(load.span, async () => {
    const result = await runLoad(wholeLoad({ path: '', products: [], ...load }))
    return { result, cpuSeconds: {}, untilSeconds: undefined }
  })
  const { 200: answered = 0, ...others } = measured.statuses
  if (Object.keys(others).length > 0) throw new Error(`reads were answered ${JSON.stringify(others)}`)
  const { p50Ms, p99Ms, seconds, stealPercent: steal } = measured
  return { perSecond: answered / seconds, p50Ms, p99Ms, stealPercent: steal }
}

function wholeLoad(load: Pick<Load, 'port' | 'path' | 'span' | 'products'> & Partial<Load>): Load {
  return { connections, tokens, maxLines: 3, keyPrefix: `run ${++runs} of ${process.pid}`, ...load }
}

type Run = { result: LoadResult; cpuSeconds: Record<string, number>; untilSeconds: number | undefined }

async function repeatUnlessQuiet(span: Span, run: () => Promise<Run>): Promise<Measured> {
  for (let repeats = 0; ; repeats++) {
    // A count of requests shows whether the bench works, on whatever machine.
    if ('requests' in span) return summarize(await run(), 0)
    await untilIdle(2 * span.seconds)
    const ticks = readTicks()
    const done = await run()
    const steal = stealPercent(ticks, readTicks())
    if (steal <= mostStealPercent || repeats === mostRepeats) return summarize(done, steal)
  }
}

function summarize({ result, cpuSeconds, untilSeconds }: Run, steal: number): Measured {
  const accepted = result.orderIds.length
  const latencies = Float64Array.from(result.latenciesMs).toSorted()
  const perOrder = (seconds: number) => Math.round((seconds / accepted) * 1e6)
  const cpu = { ...cpuSeconds, 'load generator': result.cpuSeconds }
  return {
    accepted,
    seconds: result.seconds,
    acceptedPerSecond: accepted / result.seconds,
    ...(untilSeconds !== undefined && { decidedPerSecond: accepted / untilSeconds }),
    statuses: result.statuses,
    p50Ms: quantile(latencies, 0.5),
    p99Ms: quantile(latencies, 0.99),
    cpuMicroseconds: Object.fromEntries(Object.entries(cpu).map(([name, seconds]) => [name, perOrder(seconds)])),
    stealPercent: steal,
  }
}

function difference(before: Record<string, number> = {}, after: Record<string, number> = {}): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]))
}

function quantile(sorted: Float64Array, part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}
