import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Delimiter, ImportLine } from '@kakilima/contracts/product-sheets'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readInventoryConfig } from '../config.ts'
import type { InventoryTables } from '../database.ts'

const db = await testDatabase<InventoryTables>('inventory')
const config = readInventoryConfig(
  testEnvironment({
    INVENTORY_DATABASE_URL: 'postgres://unused',
    IMAGES_FOLDER: await mkdtemp(join(tmpdir(), 'kakilima-images-')),
  }),
)
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(async () => {
  await app.close()
  await rm(config.IMAGES_FOLDER, { recursive: true })
})

const clear = () =>
  sql`truncate products, categories, stock_movements, stock_changes, outbox, audit_log restart identity`.execute(db)

async function exported(delimiter: Delimiter = ','): Promise<string> {
  const { payload } = await app.inject(`/products/export?delimiter=${encodeURIComponent(delimiter)}`)
  return payload
}

async function imported(csv: string, query = ''): Promise<ImportLine> {
  const { payload } = await app.inject({
    method: 'POST',
    url: `/products/import${query}`,
    payload: csv,
    headers: { 'content-type': 'text/csv' },
  })
  return JSON.parse(payload.trimEnd().split('\n').at(-1)!) as ImportLine
}

async function products() {
  const rows = await sql<Record<string, unknown>>`
    select name, price, stock, description, sku, image, slug, status, weight_grams, version,
      (select name from categories where id = category_id) as category
    from products order by id`.execute(db)
  return rows.rows
}

/** Texts of which programs for tables and readers of CSV make something else. */
const nasty = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(
      fc.constantFrom(
        '=',
        '+',
        '-',
        '@',
        '\t',
        '\r',
        '\n',
        '\r\n',
        "'",
        '"',
        '""',
        ',',
        ';',
        ' ',
        '0',
        'a',
        '＝',
        '👩‍👩‍👧',
        'شاي',
        '\uFEFF',
      ),
      { maxLength: 8 },
    )
    .map((parts) => parts.join('')),
)
const storable = (text: string) => !text.includes('\0') && text.isWellFormed()
const text = nasty.filter(storable)
const name = text.filter((value) => value.trim() !== '')
const nullable = (value: fc.Arbitrary<string>) => fc.option(value, { nil: null })
const product = fc.record({
  name,
  price: fc.integer({ min: 0, max: 1_000_000_000_000 }),
  stock: fc.integer({ min: 0, max: 1_000_000_000 }),
  description: text,
  sku: nullable(text),
  category: nullable(name),
  image: nullable(text),
  status: fc.constantFrom('draft', 'published', 'archived'),
  weight_grams: fc.option(fc.integer({ min: 0, max: 1_000_000 }), { nil: null }),
})

test.each([',', ';', '\t'] as const)(
  'with %j between cells an export changes nothing when it comes back, and makes the same shop of an empty one',
  async (delimiter) => {
    await fc.assert(
      fc.asyncProperty(fc.array(product, { minLength: 1, maxLength: 12 }), async (inputs) => {
        await clear()
        for (const payload of inputs)
          expect((await app.inject({ method: 'POST', url: '/products', payload })).statusCode).toBe(201)
        const before = await products()
        const csv = await exported(delimiter)
        expect(await imported(csv, '?set_stock=true')).toMatchObject({
          type: 'done',
          rows: inputs.length,
          unchanged: inputs.length,
          ignored_columns: [],
        })
        expect(await products()).toEqual(before)
        // No cell of it is a formula.
        for (const cells of parse(csv, { delimiter, bom: true }))
          for (const cell of cells) expect(cell).not.toMatch(/^[=+\-@\t\r＝＋－＠]/)

        await clear()
        const withoutIds = parse(csv, { delimiter, bom: true }).map(([, , ...rest]) => rest)
        const quoted = withoutIds.map((cells) => cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(delimiter))
        expect(await imported(quoted.join('\n'))).toMatchObject({ created: inputs.length, failed: 0 })
        const nothing = (value: unknown) => (value === '' ? null : value)
        const same = (rows: Record<string, unknown>[]) =>
          rows.map(({ sku: _, image, ...row }) => ({ ...row, image: nothing(image) }))
        expect(same(await products())).toEqual(same(before))
      }),
      { seed: 20_261_127, numRuns: 30 },
    )
  },
)

test('an export is UTF-8 with its mark, saved as a file, and in the order of the ids', async () => {
  await clear()
  await sql`
    insert into products (name, slug, price, stock) select 'Kopi ' || n, 'kopi-' || n, n, 0 from generate_series(1, 2500) n`.execute(
    db,
  )
  const answer = await app.inject('/products/export')
  expect(answer.headers).toMatchObject({
    'content-type': 'text/csv; charset=utf-8',
    'content-disposition': 'attachment; filename="products.csv"',
  })
  expect(answer.rawPayload.subarray(0, 6).toString('latin1')).toBe('\xEF\xBB\xBFid,')
  const ids = parse<{ id: string }>(answer.payload, { bom: true, columns: true }).map(({ id }) => Number(id))
  expect(ids).toEqual(Array.from({ length: 2500 }, (_, n) => n + 1))
})
