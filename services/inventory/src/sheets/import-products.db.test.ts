import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImportLine } from '@kakilima/contracts/product-sheets'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { auditLogOf } from '@kakilima/testkit/audit-log'
import { eventsOf, insertProduct } from '@kakilima/testkit/builders'
import { waitFor } from '@kakilima/testkit/call'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { buildApp } from '../app.ts'
import { readInventoryConfig } from '../config.ts'
import type { InventoryTables } from '../database.ts'
import { createProduct } from '../products/create-product.ts'
import { deleteProduct } from '../products/delete-product.ts'
import { decideBatch } from '../reservations/decide-batch.ts'
import { consume, release } from '../reservations/settle.ts'

// Where sheets are kept while they are read: other tests have theirs.
const folder = await mkdtemp(join(tmpdir(), 'kakilima-sheets-'))
vi.stubEnv('TMPDIR', folder)
const db = await testDatabase<InventoryTables>('inventory', 20)
const config = readInventoryConfig(
  testEnvironment({ INVENTORY_DATABASE_URL: 'postgres://unused', IMAGES_FOLDER: join(folder, 'images') }),
)
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(async () => {
  await app.close()
  await rm(folder, { recursive: true })
})

beforeEach(async () => {
  await sql`truncate products, categories, stock_movements, stock_changes, decisions, outbox, audit_log restart identity`.execute(
    db,
  )
})

async function send(csv: string | Buffer, query = ''): Promise<{ status: number; text: string; lines: ImportLine[] }> {
  const { statusCode: status, payload: text } = await app.inject({
    method: 'POST',
    url: `/products/import${query}`,
    payload: csv,
    headers: { 'content-type': 'text/csv', 'x-actor-id': '4' },
  })
  const lines = status === 200 ? text.trimEnd().split('\n') : []
  return { status, text, lines: lines.map((line) => JSON.parse(line) as ImportLine) }
}

/** The end of an import and its errors, in few words. */
async function outcome(csv: string | Buffer, query = '') {
  const { text, lines } = await send(csv, query)
  const last = lines.at(-1)
  if (last?.type !== 'done') throw new Error(text)
  const { rows, created, updated, unchanged, failed } = last
  const errors = lines.flatMap((line) =>
    line.type === 'error' ? [`${line.line} ${line.column ?? '-'} ${line.reason}`] : [],
  )
  return { counts: [rows, created, updated, unchanged, failed], errors, last }
}

const sheetsBeingRead = async () => (await readdir(folder)).filter((name) => name !== 'images')
const connections = () =>
  new Promise<number>((resolve, reject) =>
    app.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  )
const products = () => db.selectFrom('products').selectAll().where('deleted_at', 'is', null).orderBy('id').execute()
const movements = async () =>
  (await db.selectFrom('stock_movements').selectAll().orderBy('id').execute()).map(
    ({ product_id, quantity, reason, actor_id }) => [product_id, quantity, reason, actor_id],
  )

describe('a sheet of products', () => {
  test('makes products with all that it says of them, each with its event, its stock and its entry', async () => {
    const csv =
      'name,price,stock,sku,category,description,weight_grams,status,slug,image\n' +
      'Kopi Gayo,18000,7,KG-1,Minuman,"Harum, pekat\nsekali",250,draft,kopi,https://example.com/a.webp\n' +
      'Teh,4000,,,,,,,,\n'
    expect(await outcome(csv)).toMatchObject({ counts: [2, 2, 0, 0, 0], errors: [] })
    expect((await app.inject('/products')).json()).toMatchObject([
      {
        name: 'Kopi Gayo',
        price: 18_000,
        stock: 7,
        sku: 'KG-1',
        category: 'Minuman',
        description: 'Harum, pekat\nsekali',
        weight_grams: 250,
        status: 'draft',
        slug: 'kopi',
        image: 'https://example.com/a.webp',
      },
      { name: 'Teh', stock: 0, sku: null, category: null, description: '', weight_grams: null, slug: 'teh' },
    ])
    expect(await movements()).toEqual([[1, 7, 'initial', 4]])
    expect([await eventsOf(db, 1), await eventsOf(db, 2)]).toEqual([['product.created 1'], ['product.created 1']])
    expect(await auditLogOf(db)).toMatchObject([
      { action: 'category.create', actor_id: 4 },
      { action: 'product.create', subject_id: 1, actor_id: 4, before: null, after: { name: 'Kopi Gayo' } },
      { action: 'product.create', subject_id: 2, actor_id: 4 },
    ])
  })

  test('changes the product of an id, or the only one of a code, by what it says and nothing else', async () => {
    const one = await createProduct(db, { name: 'Kopi', price: 1, stock: 5, sku: 'K', description: 'lama' })
    const other = await createProduct(db, { name: 'Teh', price: 2, stock: 6, sku: 'T', category: 'Minuman' })
    const csv = `id;sku;price;category\n${one.id};K2;10;Minuman\n;T;20;\n`
    expect(await outcome(csv)).toMatchObject({ counts: [2, 0, 2, 0, 0], errors: [] })
    expect(await products()).toMatchObject([
      { name: 'Kopi', price: 10, sku: 'K2', stock: 5, description: 'lama', category_id: 1, version: 2 },
      { name: 'Teh', price: 20, sku: 'T', stock: 6, category_id: null, version: 2 },
    ])
    expect(await eventsOf(db, other.id)).toEqual(['product.created 1', 'product.updated 2'])
    const { before, after } = (await auditLogOf(db)).at(-1)!
    expect([before, after]).toEqual([
      { price: 2, category: 'Minuman', category_id: 1, category_slug: 'minuman', version: 1 },
      { price: 20, category: null, category_id: null, category_slug: null, version: 2 },
    ])
  })

  test('the second time changes nothing, and locks nothing', async () => {
    const csv = 'name,sku,price,stock\nKopi,K,1000,5\nTeh,T,2000,6\n'
    await outcome(csv)
    const before = [await products(), await auditLogOf(db)]
    const holding = await db.startTransaction().execute()
    await sql`select from products for update`.execute(holding)
    expect(await outcome(csv, '?set_stock=true')).toMatchObject({ counts: [2, 0, 0, 2, 0] })
    await holding.rollback().execute()
    expect([await products(), await auditLogOf(db)]).toEqual(before)
  })

  test('sets the stock of products that are there only when it is told to, as a count and never below what is reserved', async () => {
    const id = await insertProduct(db, { stock: 10, sku: 'K' })
    const low = await insertProduct(db, { stock: 10, reserved: 4, sku: 'L' })
    const csv = 'sku,stock\nK,7\nL,3\n'
    expect(await outcome(csv)).toMatchObject({ counts: [2, 0, 0, 2, 0] })
    expect(await outcome(csv, '?set_stock=true')).toMatchObject({
      counts: [2, 0, 1, 0, 1],
      errors: ['3 stock insufficient-stock'],
    })
    expect((await products()).map(({ stock }) => stock)).toEqual([7, 10])
    expect((await movements()).slice(2)).toEqual([[id, -3, 'count', 4]])
    const noted = await db.selectFrom('stock_changes').selectAll().execute()
    expect([noted, low]).toEqual([[{ product_id: id }], low])
  })

  test('tells what is wrong with a row, where, and takes the others', async () => {
    const gone = await insertProduct(db, { name: 'Gone' })
    await deleteProduct(db, gone)
    for (const name of ['one', 'two']) await insertProduct(db, { name, sku: 'twice' })
    await insertProduct(db, { name: 'Lain', slug: 'taken' })
    const rows = [
      'Baik,1000,1,,,',
      ',1000,1,,,',
      'Tanpa harga,,1,,,',
      'Titik,18.000,1,,,',
      'Mahal,9000000000000,1,,,',
      `${'x'.repeat(201)},1000,1,,,`,
      `Tak ada,1000,1,${gone},,`,
      'Dua,1000,1,,twice,',
      'Slug,1000,1,,,taken',
      'Slug,1000,1,,,Not A Slug',
      'Terlalu,1000,1,,,,,,banyak',
      '"Dua\nbaris",x,1,,,',
      'Baik juga,2000,2,,,',
    ]
    const csv = `name,price,stock,id,sku,slug\n${rows.join('\n')}\n`
    const { counts, errors } = await outcome(csv)
    expect(errors).toEqual([
      '3 name missing',
      '4 price missing',
      '5 price invalid-number',
      '6 price invalid-number',
      '7 name invalid',
      '8 id product-not-found',
      '9 sku sku-not-unique',
      '10 slug slug-taken',
      '11 slug invalid',
      '12 - unreadable-row',
      '13 price invalid-number',
    ])
    expect(counts).toEqual([13, 2, 0, 0, 11])
    expect((await products()).map(({ name }) => name)).toEqual(['one', 'two', 'Lain', 'Baik', 'Baik juga'])
  })

  test('a row that the database refuses harms no other of its batch', async () => {
    const csv = `name,price,stock,sku,slug\n${['A,1,1,a,same', 'B,1,1,b,', 'C,1,1,c,same', 'D,1,1,d,'].join('\n')}\n`
    expect(await outcome(csv)).toMatchObject({ counts: [4, 3, 0, 0, 1], errors: ['4 slug slug-taken'] })
    expect((await products()).map(({ name }) => name)).toEqual(['A', 'B', 'D'])
  })

  test('rows that mean the same product are taken one after the other', async () => {
    const id = await insertProduct(db, { name: 'Lama', sku: 'L' })
    const csv = `id,sku,name,price\n,K,Kopi,1\n,K,Kopi,2\n${id},,Baru,3\n,L,Terbaru,4\n${id},L,Terakhir,5\n`
    const { counts } = await outcome(csv)
    expect(counts[0]).toBe(5)
    expect((await products()).map(({ name, price }) => [name, price])).toEqual([
      ['Terakhir', 5],
      ['Kopi', 2],
      ['Terbaru', 4],
    ])
  })

  test('a dry run says what would happen and leaves nothing behind, not even the number of an event', async () => {
    await createProduct(db, { name: 'Kopi', price: 1, stock: 1, sku: 'K' })
    const before = [await products(), await auditLogOf(db), await movements()]
    const nextEvent = () => sql`select last_value from outbox_id_seq`.execute(db)
    const event = await nextEvent()
    const csv = 'name,sku,price,stock,category\nKopi,K,2,9,Minuman\nTeh,T,1,1,Makanan\nRusak,,x,,\n'
    const { counts, last } = await outcome(csv, '?dry_run=true&set_stock=true')
    expect([counts, last.dry_run]).toEqual([[3, 1, 1, 0, 1], true])
    expect([await products(), await auditLogOf(db), await movements()]).toEqual(before)
    expect(await db.selectFrom('categories').selectAll().execute()).toEqual([])
    expect((await nextEvent()).rows).toEqual(event.rows)
  })

  test.each([
    ['with a mark and Windows line ends', Buffer.from('\uFEFFname;price\r\nKopi é;1000\r\n')],
    ['with tabs', Buffer.from('name\tprice\nKopi é\t1000\n')],
    ['as Excel writes Unicode text', Buffer.from('\uFEFFname\tprice\r\nKopi é\t1000\r\n', 'utf16le')],
    ['in UTF-16 the other way round', Buffer.from('\uFEFFname\tprice\r\nKopi é\t1000\r\n', 'utf16le').swap16()],
    ['with other columns and empty lines', Buffer.from('\n \nName , warna,PRICE\nKopi é,merah,1000\n,,\n\n')],
  ])('is read %s', async (_, csv) => {
    const { counts, last } = await outcome(csv)
    expect(counts).toEqual([1, 1, 0, 0, 0])
    expect(last.ignored_columns).toEqual(csv.includes('warna') ? [' warna'] : [])
    expect(await products()).toMatchObject([{ name: 'Kopi é', price: 1000 }])
  })

  test.each([
    ['that is empty', ''],
    ['that is Latin-1', Buffer.from('name,price\nCaf\xe9,1\n', 'latin1')],
    ['that is no text', Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 0])],
    ['without a header', 'Kopi,1000\nTeh,2000\n'],
    ['that names a column twice', 'name,price,Name\na,1,b\n'],
  ])('%s is refused as a whole', async (_, csv) => {
    const { status, text } = await send(csv)
    expect([status, JSON.parse(text).type]).toEqual([422, '/problems/unreadable-csv'])
  })

  test('with a quote that nobody closes, what comes before it is taken and the rest is told', async () => {
    const { counts, errors } = await outcome('name,price\nKopi,1\n"Teh,2\nSusu,3\n')
    expect([counts, errors.length]).toEqual([[2, 1, 0, 0, 1], 1])
    expect(errors[0]).toMatch(/ - unreadable-row$/)
  })

  test('is text/csv and nothing else', async () => {
    const answer = await app.inject({ method: 'POST', url: '/products/import', payload: { name: 'Kopi' } })
    expect([answer.statusCode, answer.json().type]).toEqual([415, '/problems/unsupported-sheet-type'])
  })

  test('leaves no file behind', async () => {
    await send('name,price\nKopi,1\n')
    await send('price\n1\n')
    expect(await sheetsBeingRead()).toEqual([])
  })
})

test('whoever goes away keeps the batch that was being stored, and no other is begun', async () => {
  await insertProduct(db, { sku: 'S0', name: 'Lama' })
  const holding = await db.startTransaction().execute()
  await sql`select from products for update`.execute(holding)
  const rows = Array.from({ length: 500 }, (_, n) => `S${n},Produk ${n},1`)
  const port = await listen(app, config)
  const going = request(`http://127.0.0.1:${port}/products/import`, {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
  })
  going.on('error', () => undefined)
  const isGone = new Promise<void>((resolve) => {
    going.on('response', (answer) => {
      answer.on('error', () => undefined)
      // While the first batch waits for the product that is held.
      answer.once('data', () => going.destroy())
      answer.once('close', resolve)
    })
  })
  going.end(`sku,name,price\n${rows.join('\n')}\n`)
  await isGone
  await waitFor(connections, (open) => open === 0)
  await holding.rollback().execute()
  await waitFor(sheetsBeingRead, (files) => files.length === 0)
  expect((await products()).map(({ name }) => name)).toEqual(Array.from({ length: 200 }, (_, n) => `Produk ${n}`))
})

describe('at the same moment', () => {
  const sheet = (count: number, price: (n: number) => number) =>
    `sku,name,price,stock\n${Array.from({ length: count }, (_, n) => `S${n},Produk ${n},${price(n)},10`).join('\n')}\n`

  test('two imports of the same sheet make each product once', async () => {
    const csv = sheet(500, (n) => n)
    const [one, other] = await Promise.all([outcome(csv), outcome(csv)])
    expect(one.counts[1]! + other.counts[1]!).toBe(500)
    expect([one.counts[4], other.counts[4]]).toEqual([0, 0])
    expect(await products()).toHaveLength(500)
  })

  test('two imports that disagree leave each product as one of them says', async () => {
    await outcome(sheet(300, () => 1))
    await Promise.all([outcome(sheet(300, () => 2)), outcome(sheet(300, () => 3))])
    for (const { price, version } of await products()) expect([price, version]).toEqual([expect.toBeOneOf([2, 3]), 3])
  })

  test('an import that counts and orders that reserve, sell and give back leave stock, ledger and promises in step', async () => {
    await outcome(sheet(40, (n) => n))
    let lastOrderId = 0
    const order = async (n: number) => {
      const order_id = ++lastOrderId
      const lines = [
        { product_id: 1 + (n % 40), quantity: 1 },
        { product_id: 1 + ((n * 7 + 3) % 40), quantity: 2 },
      ]
      await decideBatch(db, [{ order_id, lines }])
      if (n % 3 === 0) await consume(db, [order_id])
      if (n % 3 === 1) await release(db, [order_id])
    }
    const counting = async (round: number) =>
      outcome(sheet(40, (n) => n + round).replaceAll(',10\n', `,${6 + round}\n`), '?set_stock=true')
    await Promise.all([
      ...Array.from({ length: 120 }, (_, n) => order(n)),
      ...[1, 2, 3, 4].map((round) => counting(round)),
    ])
    const { rows } = await sql<{ stock: number; reserved: number; moved: number; promised: number }>`
      select stock, reserved,
        (select coalesce(sum(quantity), 0)::int8 from stock_movements m where m.product_id = p.id) as moved,
        (select coalesce(sum(line.quantity), 0)::int8
         from decisions, jsonb_to_recordset(lines) as line(product_id int8, quantity int8)
         where state = 'reserved' and line.product_id = p.id) as promised
      from products p`.execute(db)
    expect(rows).toHaveLength(40)
    for (const { stock, reserved, moved, promised } of rows) expect([stock, reserved]).toEqual([moved, promised])
  })
})
