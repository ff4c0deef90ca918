import { inTransaction } from '@kakilima/kit/transaction'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import type { CatalogTables } from '../database.ts'
import { countItems, selectItems } from './find-items.ts'
import { parseItemsQuery, readParameters } from './query.ts'

const db = await testDatabase<CatalogTables>('catalog', 1)
const products = 100_000
const longestFillMs = 600_000

beforeAll(async () => {
  await sql`set statement_timeout = ${sql.lit(longestFillMs)}`.execute(db)
  await sql`
    insert into products (id, name, slug, sku, description, price, stock, category, category_slug, status, created_at, fields_version)
    select n, initcap(word) || ' ' || kind || ' ' || n, word || '-' || kind || '-' || n, 'SKU-' || n,
      'Dibuat dari bahan pilihan oleh perajin setempat, nomor ' || n, 1000 * (1 + (n * 7919) % 1000), n % 500,
      place, lower(place), case when n % 20 = 0 then 'draft' else 'published' end,
      timestamptz '2026-01-01' + n * interval '1 minute', 1
    from generate_series(1, ${products}::int) as n, lateral (
      select (array['kopi', 'sepatu', 'tas', 'wajan', 'piring', 'kemeja', 'lampu', 'buku', 'bola', 'sabun'])[1 + n % 10] as word,
        (array['hitam', 'putih', 'besar', 'kecil', 'baru', 'lama', 'merah'])[1 + n % 7] as kind,
        (array['Dapur', 'Mode', 'Rumah', 'Mainan', 'Olahraga'])[1 + n % 5] as place
    ) as words`.execute(db)
  await sql`vacuum analyze products`.execute(db)
})

type Plan = { 'Node Type': string; 'Index Name'?: string; Plans?: Plan[] }
type Explained = { 'QUERY PLAN': { Plan: Plan }[] }[]

/** What the database does for a question: each step, with the index that it uses. */
async function stepsOf(query: string): Promise<{ steps: string[]; indexes: string[] }> {
  const asked = parseItemsQuery(readParameters(`/items/products?${query}`), 10_000)
  const [explained] = (await selectItems(db, 'public', asked).explain('json')) as unknown as Explained
  const plans: Plan[] = [explained!['QUERY PLAN'][0]!.Plan]
  for (const plan of plans) plans.push(...(plan.Plans ?? []))
  return {
    steps: plans.map((plan) => plan['Node Type']),
    indexes: plans.flatMap((plan) => plan['Index Name'] ?? []),
  }
}

test.each([
  'limit=20',
  'limit=20&page=50',
  'sort=-id&limit=20',
  'sort=price&limit=20',
  'sort=-price,name&limit=20',
  'sort=name&limit=20',
  'sort=-name&limit=20',
  'sort=-created_at&limit=20',
  'filter[category][_eq]=Dapur&limit=20',
  'filter[category][_eq]=nowhere&limit=20',
  'filter[category][_eq]=Dapur&filter[price][_lte]=500000&sort=-price&limit=20',
  'filter[category_slug][_eq]=dapur&sort=price&limit=20',
  'filter[price][_between]=5000,6000&limit=20',
  'filter[price][_gt]=999000&sort=-price&limit=20',
  'filter[status][_eq]=published&limit=20',
  'filter[created_at][_gte]=2026-03-01&sort=created_at&limit=20',
  'filter[stock][_gt]=0&sort=-created_at&limit=20',
  'filter[slug][_eq]=kopi-hitam-70',
  'filter[sku][_eq]=SKU-77',
  'filter[id][_in]=5,7,9',
  'filter[name][_icontains]=hitam%2070',
  'search=kopi&limit=20',
  'search=nomor&limit=20',
  'search=kopi&sort=-price&limit=20',
  'search=hitam%2070&limit=20',
  'search=nothing%20has%20this',
])('%s is found by an index over 100,000 products', async (query) => {
  const { steps, indexes } = await stepsOf(query)
  expect(steps).not.toContain('Seq Scan')
  expect(indexes.length).toBeGreaterThan(0)
})

test.each([
  ['search=hitam%207000', 'products_search'],
  ['search=SKU-7777', 'products_search'],
  ['search=7777', 'products_search'],
  ['filter[name][_contains]=hitam%207000', 'products_name_parts'],
])('%s is found by the parts of texts', async (query, index) => {
  expect((await stepsOf(query)).indexes).toContain(index)
})

test('all that the public may see is counted by an index', async () => {
  const query = parseItemsQuery({ meta: '*' }, 100)
  expect(await countItems(db, 'public', query)).toEqual({ total_count: 95_000, filter_count: 95_000 })
  const { rows } = await sql<{ 'QUERY PLAN': string }>`
    explain select count(*) from products where is_shown and status = 'published'`.execute(db)
  expect(rows.map((row) => row['QUERY PLAN']).join('\n')).toContain('Index Only Scan')
})

test('a change of stock touches no index', async () => {
  const changed = await inTransaction(db, async (tx) => {
    await sql`
      update products set stock = stock + 1, stock_version = stock_version + 1, updated_at = clock_timestamp() where id % 100 = 0`.execute(
      tx,
    )
    const { rows } = await sql<{ all: number; within: number }>`
      select n_tup_upd as all, n_tup_hot_upd as within from pg_stat_xact_user_tables where relname = 'products'`.execute(
      tx,
    )
    return rows[0]!
  })
  expect(changed).toEqual({ all: 1000, within: 1000 })
})
