import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { runCommand } from '@kakilima/testkit/shop'
import { sql } from 'kysely'
import type { Span } from './run-load.ts'
import { type MeasuredReads, measureReads, median } from './measure.ts'
import { type ShopUnderTest, startShopUnderTest } from './shop-under-test.ts'

/** How long each load of reads lasts, how often, and over how many products. */
export type ReadLengths = { span: Span; rounds: number; products: number[] }

/** One kind of read over so many products: again and again the same, each one for the first time, and a bare server sending the same. */
export type ReadCase = {
  name: string
  products: number
  bytes: number
  warm: MeasuredReads[]
  bare: MeasuredReads[]
  cold: MeasuredReads
}

export type Reads = { cases: ReadCase[]; rebuildSeconds: { products: number; seconds: number }[] }

type Kind = {
  name: string
  /** The read that is asked again and again. */
  path: string
  /** Paths that differ and cost the same, the n-th of them. */
  another: (n: number, products: number) => string
}

const words = ['kopi', 'sepatu', 'tas', 'wajan', 'piring', 'kemeja', 'lampu', 'buku', 'bola', 'sabun']
const filtered = 'filter[category][_eq]=Dapur&filter[price][_lte]='
const kinds: Kind[] = [
  {
    name: 'the first page',
    path: '/items/products?limit=20',
    another: (n) => `/items/products?limit=20&filter[id][_gt]=${-n}`,
  },
  {
    name: 'a filtered page',
    path: `/items/products?${filtered}500000&sort=-price&limit=20`,
    another: (n) => `/items/products?${filtered}${100_000 + n}&sort=-price&limit=20`,
  },
  {
    name: 'one product',
    path: '/items/products/17',
    another: (n, products) => `/items/products/${1 + (n % products)}?filter[id][_gt]=${-n}`,
  },
  {
    name: 'a search',
    path: '/items/products?search=kopi%20hitam&limit=20',
    another: (n) => `/items/products?search=${words[n % words.length]}%20${n}&limit=20`,
  },
]

const distinctReads = 100_000

/** Measures the catalog, in a shop of its own whose products grow from size to size. */
export async function runReadCases(
  { span, rounds, products }: ReadLengths,
  say: (line: string) => void,
): Promise<Reads> {
  await using shop = await startShopUnderTest()
  const reads: Reads = { cases: [], rebuildSeconds: [] }
  let there = 0
  for (const size of products) {
    say(`reads over ${size} products`)
    await addCatalogProducts(shop, there, size)
    there = size
    reads.rebuildSeconds.push({ products: size, seconds: await rebuild(shop) })
    for (const kind of kinds) reads.cases.push(await measureKind(shop, kind, size, span, rounds))
  }
  return reads
}

async function measureKind(
  shop: ShopUnderTest,
  kind: Kind,
  products: number,
  span: Span,
  rounds: number,
): Promise<ReadCase> {
  const port = shop.port('catalog')
  const answer = await fetch(`${shop.shop.urls.catalog}${kind.path}`)
  const body = await answer.text()
  if (answer.status !== 200 || !body.includes('"id"'))
    throw new Error(`${kind.path} is answered ${answer.status} ${body.slice(0, 200)}`)
  const offset = Math.floor(performance.now())
  const length = 'requests' in span ? span.requests : distinctReads
  const others = Array.from({ length }, (_, n) => kind.another(offset + n, products))
  const cold = await measureReads({ port, span, gets: others })
  const [warm, bare]: [MeasuredReads[], MeasuredReads[]] = [[], []]
  for (let round = 0; round < rounds; round++) {
    warm.push(await measureReads({ port, span, gets: [kind.path] }))
    bare.push(
      await withBareServer(answer.headers, body, (barePort) => measureReads({ port: barePort, span, gets: ['/'] })),
    )
  }
  return { name: kind.name, products, bytes: Buffer.byteLength(body), warm, bare, cold }
}

/** What a read of a kind came to: answers a second, and those of the bare server in the same rounds. */
export function ratesOf({ warm, bare }: ReadCase): { warm: number; bare: number } {
  const rate = (runs: MeasuredReads[]) => median(runs.map((run) => run.perSecond))
  return { warm: rate(warm), bare: rate(bare) }
}

async function addCatalogProducts(shop: ShopUnderTest, there: number, size: number): Promise<void> {
  await sql`
    insert into categories (name, slug, position)
    select name, lower(name), number
    from unnest(array['Dapur', 'Mode', 'Rumah', 'Mainan', 'Olahraga']) with ordinality as c(name, number)
    on conflict do nothing`.execute(shop.databases.inventory)
  await sql`
    with added as (
      insert into products (name, slug, description, price, stock, category_id)
      select initcap(word) || ' ' || kind || ' ' || n, word || '-' || kind || '-' || n,
        'Dibuat dari bahan pilihan oleh perajin setempat, nomor ' || n || '. Dikirim setiap hari kerja dari gudang kami.',
        1000 * (1 + (n * 7919) % 1000), 100, (select min(id) from categories) + n % 5
      from generate_series(${there}::int + 1, ${size}::int) as n,
        lateral (select (${words}::text[])[1 + n % 10] as word, (array['hitam', 'putih', 'besar', 'kecil', 'baru', 'lama', 'merah'])[1 + n % 7] as kind) as names
      returning id, stock
    )
    insert into stock_movements (product_id, quantity, reason) select id, stock, 'initial' from added`.execute(
    shop.databases.inventory,
  )
}

async function rebuild(shop: ShopUnderTest): Promise<number> {
  const start = performance.now()
  const { code, output } = await runCommand(['catalog', 'rebuild'], {
    KAKILIMA_DATA: shop.shop.dataFolder,
    INVENTORY_URL: shop.shop.urls.inventory,
  })
  if (code !== 0) throw new Error(`the catalog could not be rebuilt:\n${output}`)
  return (performance.now() - start) / 1000
}

async function withBareServer<T>(headers: Headers, body: string, use: (port: number) => Promise<T>): Promise<T> {
  const child = fork(fileURLToPath(new URL('bare-read-server.ts', import.meta.url)))
  try {
    // What node:http adds by itself, it adds here too.
    const own = [...headers].filter(
      ([name]) => !['date', 'connection', 'keep-alive', 'transfer-encoding'].includes(name),
    )
    child.send({ headers: Object.fromEntries(own), body })
    const [port] = (await once(child, 'message')) as [number]
    return await use(port)
  } finally {
    if (child.connected) child.disconnect()
    if (child.exitCode === null) await once(child, 'exit')
  }
}
