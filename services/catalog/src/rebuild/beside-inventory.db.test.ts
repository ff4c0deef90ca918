import { rm } from 'node:fs/promises'
import { createNeighbor } from '@kakilima/kit/http-client'
import { silentLogger } from '@kakilima/testkit/app'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { cloneDatabase, openTestDatabase, testDatabase } from '@kakilima/testkit/database-per-file'
import { freeAddresses, startService, temporaryFolder } from '@kakilima/testkit/shop'
import type { Kysely } from 'kysely'
import { eventually } from '@kakilima/testkit/eventually'
import { afterAll, expect, test } from 'vitest'
import type { CatalogTables } from '../database.ts'
import { inventorySource } from '../inventory-source.ts'
import { followInventory } from '../projections/follow-inventory.ts'
import { rebuildCatalog } from './rebuild-catalog.ts'

const urls = await freeAddresses()
const folder = await temporaryFolder()
const process = await startService('inventory', {
  DATABASE_URL: await cloneDatabase('inventory'),
  PORT: new URL(urls.inventory).port,
  INVENTORY_URL: urls.inventory,
  IMAGES_FOLDER: folder,
  EVENTS_KEEP_MINUTES: '0',
  LOG_LEVEL: 'warn',
})
const api = callerOf(urls)
const neighbor = createNeighbor({ name: 'inventory', url: urls.inventory, token: undefined })
const source = inventorySource(neighbor.call)
/** One catalog that only follows, and one that is rebuilt all the time by two processes. */
const live = await testDatabase<CatalogTables>('catalog')
const rebuiltUrl = await cloneDatabase('catalog')
const rebuilt = await openTestDatabase<CatalogTables>(rebuiltUrl)
const sameRebuilt = await openTestDatabase<CatalogTables>(rebuiltUrl)
const followers = [live, rebuilt, sameRebuilt].map((db) =>
  followInventory({ db, source, logger: silentLogger(), onChanged: () => undefined, idleMs: 20 }),
)
afterAll(async () => {
  await Promise.all(followers.map((follower) => follower.stop()))
  await neighbor.close()
  await process.stop()
  await rm(folder, { recursive: true })
})

const categories = ['Minuman', 'Dapur', null]
let lastOrderId = 0

/** Makes, changes, counts, reserves, sells and takes out products for a while, several at the same time. */
async function work(rounds: number): Promise<void> {
  const ids: number[] = []
  const any = <T>(list: T[]): T => list[Math.floor(Math.random() * list.length)]!
  const expectOk = ({ status, body }: { status: number; body: unknown }) =>
    expect([200, 201, 404, 409], JSON.stringify(body)).toContain(status)

  async function step(): Promise<void> {
    const dice = Math.random()
    const id = any(ids)
    if (id === undefined || dice < 0.15) {
      const answer = await api.post('inventory', '/products', {
        name: `Kopi ${Math.random()}`,
        price: 1000,
        stock: 50,
        category: any(categories),
      })
      ids.push(answer.body.id)
    } else if (dice < 0.4) {
      expectOk(
        await api.put('inventory', `/products/${id}`, { price: Math.floor(dice * 1e6), category: any(categories) }),
      )
    } else if (dice < 0.5) expectOk(await api.put('inventory', `/products/${id}`, { stock: Math.floor(dice * 100) }))
    else if (dice < 0.6) expectOk(await api.put('inventory', `/products/${id}/stock`, { quantity: any([-1, 3]) }))
    else if (dice < 0.7) expectOk(await api.delete('inventory', `/products/${id}`))
    else {
      const order_id = ++lastOrderId
      const lines = [{ product_id: id, quantity: 1 }]
      expectOk(await api.post('inventory', '/reservations/decisions', { orders: [{ order_id, lines }] }))
      const end = any(['releases', 'consumptions', undefined])
      if (end !== undefined) expectOk(await api.post('inventory', `/reservations/${end}`, { order_ids: [order_id] }))
    }
  }
  await Promise.all(
    [1, 2, 3, 4].map(async () => {
      for (let round = 0; round < rounds; round++) await step()
    }),
  )
}

/** The rows, but for the versions that their two halves come from, which a rebuild cannot tell apart. */
async function rowsOf(db: Kysely<CatalogTables>) {
  const rows = await db.selectFrom('products').selectAll().orderBy('id').execute()
  return rows.map(({ fields_version, stock_version, ...row }) => {
    expect(Math.max(fields_version, stock_version)).toBe(row.version)
    return row
  })
}

test('while products change, catalogs are rebuilt and readers look, no row goes back, and all end as inventory has it', async () => {
  let isOver = false
  const seen = new Map<number, number[]>()
  let looks = 0
  const look = async () => {
    while (!isOver) {
      const rows = await rebuilt.selectFrom('products').selectAll().execute()
      const present = new Set(rows.map(({ id }) => id))
      for (const id of seen.keys()) expect(present, `product ${id} was there before`).toContain(id)
      for (const { id, version, fields_version, stock_version } of rows) {
        const versions = [version, fields_version, stock_version]
        const before = seen.get(id) ?? [0, 0, 0]
        const wentBack = versions.filter((one, index) => one < before[index]!)
        expect(wentBack, `product ${id} from ${before.join()} to ${versions.join()}`).toEqual([])
        seen.set(id, versions)
      }
      looks++
    }
  }
  let rebuilds = 0
  const rebuild = async (db: Kysely<CatalogTables>) => {
    while (!isOver) if (await rebuildCatalog({ db, source })) rebuilds++
  }
  const background = Promise.all([look(), rebuild(rebuilt), rebuild(sameRebuilt)])
  await work(150)
  await eventually(() => expect(Math.min(rebuilds, looks)).toBeGreaterThan(5))
  isOver = true
  await background

  const { products, tombstones } = await waitFor(
    async () => ({
      products: (await api.get('inventory', '/products?limit=1000')).body,
      tombstones: (await api.get('inventory', '/products/deleted?limit=1000')).body,
      ids: (await rowsOf(live)).map(({ id, version }) => `${id} ${version}`),
      others: (await rowsOf(rebuilt)).map(({ id, version }) => `${id} ${version}`),
    }),
    ({ products: there, tombstones: gone, ids, others }) => {
      const wanted = [...there, ...gone]
        .toSorted((one, other) => one.id - other.id)
        .map(({ id, version }) => `${id} ${version}`)
        .join()
      return ids.join() === wanted && others.join() === wanted
    },
    20_000,
  )
  const rows = await rowsOf(live)
  expect(await rowsOf(rebuilt)).toEqual(rows)
  expect(rows.filter((row) => row.is_deleted).map(({ id, version }) => ({ id, version }))).toEqual(tombstones)
  expect(tombstones.length).toBeGreaterThan(5)
  expect(rows.filter((row) => row.is_shown).map(({ is_deleted: _, is_shown: _shown, ...row }) => row)).toEqual(
    products.map(({ reserved: _, available, ...product }: any) => ({ ...product, stock: available })),
  )

  // And a catalog that was never there before.
  const fresh = await testDatabase<CatalogTables>('catalog')
  await rebuildCatalog({ db: fresh, source })
  expect(await rowsOf(fresh)).toEqual(rows)
})
