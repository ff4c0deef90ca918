import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { isRedisInstalled, launchRedis } from '@kakilima/testkit/redis-server'
import { sql } from 'kysely'
import pg from 'pg'
import { type Measured, measureServer, measureShop, median } from './measure.ts'
import type { Span } from './run-load.ts'
import { type ReadLengths, type Reads, runReadCases } from './read-cases.ts'
import { type ShopUnderTest, startShopUnderTest } from './shop-under-test.ts'

const plenty = 1_000_000_000
const flashUnits = 1000
const naiveProducts = 1000

/** How long each load lasts, and how often the ones that are compared are run in turn. */
export type Lengths = {
  warmUp: Span
  bare: Span
  main: Span
  hot: Span
  other: Span
  halfLoad: Span
  rounds: number
  ordersInTables: number
  reads: ReadLengths
}

export const wholeRun: Lengths = {
  warmUp: { seconds: 3 },
  bare: { seconds: 5 },
  main: { seconds: 30 },
  hot: { seconds: 15 },
  other: { seconds: 10 },
  halfLoad: { seconds: 20 },
  rounds: 3,
  ordersInTables: 1_000_000,
  reads: { span: { seconds: 2 }, rounds: 5, products: [200, 10_000, 100_000] },
}
/** Four minutes for whoever changes something and wants to know at once whether it costs much. */
export const shortRun: Lengths = {
  warmUp: { seconds: 3 },
  bare: { seconds: 3 },
  main: { seconds: 12 },
  hot: { seconds: 8 },
  other: { seconds: 2 },
  halfLoad: { seconds: 4 },
  rounds: 1,
  ordersInTables: 0,
  reads: { span: { seconds: 1 }, rounds: 1, products: [200] },
}
const some = { requests: 300 }
/** Whether the bench works, not how fast the shop is: its figures mean nothing. */
export const trialRun: Lengths = {
  warmUp: some,
  bare: some,
  main: some,
  hot: some,
  other: some,
  halfLoad: some,
  rounds: 1,
  ordersInTables: 0,
  reads: { span: some, rounds: 1, products: [200] },
}

export type Memory = { node: number; postgres: number }

export type Results = {
  bare: Measured[]
  uniform: Measured[]
  hot: Measured[]
  /** The same with the queue in Redis, or that there was none to measure with. */
  overRedis: { uniform: Measured[]; hot: Measured[] } | 'skipped: redis-server is not installed'
  flash: Measured & { allSoldAfterMs: number; rejectedPerSecond: number }
  naive: Measured
  naiveHot: Measured
  awaited: Measured
  halfLoad: Measured & { perSecond: number; decisionP50Ms: number; decisionP99Ms: number }
  memory: { idle: Memory; afterOrders: number; after: Memory }
  filled: { ordersInTables: number; runs: Measured[]; emptyRuns: Measured[] }
  reads: Reads
}

export async function runCases(lengths: Lengths, say: (line: string) => void): Promise<Results> {
  say('starting a shop')
  await using started = new AsyncDisposableStack()
  const shop = started.use(await startShopUnderTest())
  const products = await shop.addProducts(1000, plenty)
  const hotProduct = await shop.addProducts(1, plenty)
  const idle = await shop.memoryMegabytes()
  // Caches, plans and compiled code, as in a shop that has been open for a while.
  await measureShop(shop, { span: lengths.warmUp, products })

  const [bare, uniform, hot]: [Measured[], Measured[], Measured[]] = [[], [], []]
  let memory: Results['memory'] | undefined
  for (let round = 1; round <= lengths.rounds; round++) {
    say(`round ${round} of ${lengths.rounds}: bare node:http, then orders over 1,000 products, then of one hot product`)
    bare.push(await measureBare(lengths.bare))
    uniform.push((await measureShop(shop, { span: lengths.main, products })).measured)
    memory ??= { idle, afterOrders: await shop.countOrders(), after: await shop.memoryMegabytes() }
    hot.push((await measureShop(shop, { span: lengths.hot, products: hotProduct, maxLines: 1 })).measured)
  }

  say(`a flash sale of ${flashUnits} units`)
  const flash = await measureFlashSale(shop, lengths.other)
  say('the naive transaction for each order')
  const [naive, naiveHot] = await measureNaive(shop, lengths.other)
  say('POST :8003/orders with its answer awaited')
  const awaited = await measureServer(
    { port: shop.port('order'), path: '/orders', span: lengths.other, products },
    shop,
  )
  await shop.audit()
  const perSecond = Math.round(median(uniform.map((run) => run.decidedPerSecond!)) / 2)
  say(`latency at half load: ${perSecond} orders a second`)
  const halfLoad = await measureHalfLoad(shop, lengths.halfLoad, products, perSecond)
  const overRedis = await measureOverRedis(lengths, say)
  const filled = await measureFilled(shop, products, lengths, say)
  const reads = await runReadCases(lengths.reads, say)
  return { bare, uniform, hot, overRedis, flash, naive, naiveHot, awaited, halfLoad, memory: memory!, filled, reads }
}

/** The main loads on a shop of its own whose queue is in Redis. It is started only now, since a second shop takes its part of the machine. */
async function measureOverRedis(lengths: Lengths, say: (line: string) => void): Promise<Results['overRedis']> {
  const skipped = 'skipped: redis-server is not installed'
  if (!isRedisInstalled) {
    say(`orders with the queue in Redis are ${skipped}`)
    return skipped
  }
  await using started = new AsyncDisposableStack()
  const redis = await launchRedis()
  started.defer(redis.stop)
  const shop = started.use(await startShopUnderTest({}, redis))
  const products = await shop.addProducts(1000, plenty)
  const hotProduct = await shop.addProducts(1, plenty)
  await measureShop(shop, { span: lengths.warmUp, products })
  const [uniform, hot]: [Measured[], Measured[]] = [[], []]
  for (let round = 1; round <= lengths.rounds; round++) {
    say(`round ${round} of ${lengths.rounds}: the same orders with the queue in Redis`)
    uniform.push((await measureShop(shop, { span: lengths.main, products })).measured)
    hot.push((await measureShop(shop, { span: lengths.hot, products: hotProduct, maxLines: 1 })).measured)
  }
  return { uniform, hot }
}

async function measureBare(span: Span): Promise<Measured> {
  return withServer('bare-server.ts', [], (port) =>
    measureServer({ port, path: '/api/v1/orders', span, products: [1] }),
  )
}

async function measureFlashSale(shop: ShopUnderTest, span: Span): Promise<Results['flash']> {
  const product = await shop.addProducts(1, flashUnits)
  const { orderIds, measured } = await measureShop(shop, { span, products: product, maxLines: 1 })
  const { rows } = await sql<{ sold: number; rejected: number; sold_after: number; seconds: number }>`
    select count(*) filter (where status = 'awaiting_payment') as sold, count(*) filter (where status = 'rejected') as rejected,
      extract(epoch from max(reserved_at) filter (where status = 'awaiting_payment') - min(created_at))::float8 as sold_after,
      extract(epoch from max(reserved_at) - min(created_at))::float8 as seconds
    from orders where id = any(${orderIds}::int8[])`.execute(shop.databases.order)
  const { sold, rejected, sold_after: soldAfter, seconds: took } = rows[0]!
  if (sold !== flashUnits && orderIds.length >= flashUnits) throw new Error(`${sold} of ${flashUnits} units were sold`)
  return { ...measured, allSoldAfterMs: soldAfter * 1000, rejectedPerSecond: rejected / took }
}

async function measureNaive(shop: ShopUnderTest, span: Span): Promise<[Measured, Measured]> {
  const url = shop.databaseUrl('naive_shop')
  await query(shop.databaseUrl('postgres'), 'create database naive_shop')
  await query(
    url,
    `
    create table products (id int primary key, price bigint not null, stock bigint not null, reserved bigint not null default 0);
    create table orders (id bigint generated always as identity primary key, user_id bigint not null, status text not null,
      total bigint not null, created_at timestamptz not null default now());
    create table order_lines (order_id bigint references orders, product_id int references products, quantity int not null,
      primary key (order_id, product_id));
    create index on orders (user_id);
    insert into products select n, 1000 * n, ${plenty} from generate_series(1, ${naiveProducts}) n`,
  )
  const all = Array.from({ length: naiveProducts }, (_, index) => index + 1)
  const measure = (products: number[], maxLines: number) =>
    withServer('naive-server.ts', [url], (port) => measureServer({ port, path: '/naive', span, products, maxLines }))
  return [await measure(all, 3), await measure([1], 1)]
}

async function measureHalfLoad(
  shop: ShopUnderTest,
  span: Span,
  products: number[],
  perSecond: number,
): Promise<Results['halfLoad']> {
  const { orderIds, measured } = await measureShop(shop, { span, products, perSecond })
  const { rows } = await sql<{ p50: number; p99: number }>`
    select percentile_cont(0.5) within group (order by waited) as p50, percentile_cont(0.99) within group (order by waited) as p99
    from (
      select extract(epoch from reserved_at - created_at)::float8 * 1000 as waited
      from orders where id = any(${orderIds}::int8[])
    ) as decisions`.execute(shop.databases.order)
  return { ...measured, perSecond, decisionP50Ms: rows[0]!.p50, decisionP99Ms: rows[0]!.p99 }
}

/** The same load on a shop with a million orders in its tables and on one that just opened, in turn. */
async function measureFilled(
  filledShop: ShopUnderTest,
  products: number[],
  lengths: Lengths,
  say: (line: string) => void,
): Promise<Results['filled']> {
  for (;;) {
    const missing = lengths.ordersInTables - (await filledShop.countOrders())
    if (missing <= 0) break
    say(`${missing} orders until there are a million in the tables`)
    await measureShop(filledShop, { span: lengths.main, products })
  }
  await using emptyShop = await startShopUnderTest()
  const emptyProducts = await emptyShop.addProducts(1000, plenty)
  await measureShop(emptyShop, { span: lengths.warmUp, products: emptyProducts })
  const ordersInTables = await filledShop.countOrders()
  const [runs, emptyRuns]: [Measured[], Measured[]] = [[], []]
  for (let round = 1; round <= lengths.rounds; round++) {
    say(`round ${round} of ${lengths.rounds}: with ${ordersInTables} orders in the tables, then with hardly any`)
    runs.push((await measureShop(filledShop, { span: lengths.other, products })).measured)
    emptyRuns.push((await measureShop(emptyShop, { span: lengths.other, products: emptyProducts })).measured)
  }
  return { ordersInTables, runs, emptyRuns }
}

async function query(url: string, text: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  await client.query(text)
  await client.end()
}

/** Runs one of the servers that ours is compared with, in a process of its own. */
async function withServer<T>(file: string, args: string[], use: (port: number) => Promise<T>): Promise<T> {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args)
  try {
    const [port] = (await once(child, 'message')) as [number]
    return await use(port)
  } finally {
    if (child.connected) child.disconnect()
    if (child.exitCode === null) await once(child, 'exit')
  }
}
