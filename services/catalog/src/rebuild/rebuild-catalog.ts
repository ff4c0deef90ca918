import { mostMissing } from '@kakilima/contracts/event-feed'
import type { Db } from '@kakilima/kit/database'
import { storePosition } from '@kakilima/kit/durable-feed'
import type { Kysely } from 'kysely'
import type { CatalogTables } from '../database.ts'
import type { InventorySource } from '../inventory-source.ts'
import { mergeAll, stateOfProduct, stateOfTombstone } from '../projections/projection.ts'
import { alone } from './alone.ts'
import { listVersions, replaceProducts } from './replace-products.ts'

/** How many products are taken at once: as many as a list of the inventory service may hold. */
const pageSize = 1000

export type Rebuilt = { products: number; tombstones: number }

export type RebuildOptions = {
  db: Kysely<CatalogTables>
  source: InventorySource
  /** Called when products may have changed, after that was committed. */
  onChanged?: () => void
  /** Ends the rebuild early. What is done by then stays. */
  stopping?: AbortSignal
}

/**
 * Makes the products anew of what inventory has. Returns how many there are, or undefined where it did not get to the end: another
 * process is at it, or it was stopped.
 */
export async function rebuildCatalog(options: RebuildOptions): Promise<Rebuilt | undefined> {
  return alone(options.db, (connection) => rebuild(connection, options))
}

/** Rebuilds the catalog where there is none yet, or where events were missed. Of many processes that want to, one does. */
export async function rebuildIfNeeded(options: RebuildOptions): Promise<Rebuilt | undefined> {
  return alone(options.db, async (connection) =>
    // Another process may just have done it.
    (await canGoOn(connection, options.source)) ? undefined : rebuild(connection, options),
  )
}

async function canGoOn(db: Db<CatalogTables>, { feed }: InventorySource): Promise<boolean> {
  const stored = await db.selectFrom('feed_positions').selectAll().where('feed', '=', 'inventory').executeTakeFirst()
  if (stored === undefined) return false
  const missing = stored.missing.slice(0, mostMissing)
  return !(await feed.read({ after: stored.after, missing, reader: 'catalog' })).is_cut
}

/**
 * Works beside followers that go on and readers that look, a piece at a time: what the rows were made of is read first, then inventory
 * is asked, then those rows are replaced. So what inventory says is at least as new as what it replaces, and no reader sees an older
 * version after a newer one. A row that an event has changed since keeps the newer of both. The one exception is meant: where inventory
 * was restored from an older copy, rows have versions that it never had in its present life, and are set back to what it has now. So a
 * rebuild mends whatever is wrong with a row, and one that ends halfway leaves nothing wrong behind.
 */
async function rebuild(
  db: Db<CatalogTables>,
  { source, onChanged, stopping }: RebuildOptions,
): Promise<Rebuilt | undefined> {
  // First: what is committed while the pages are read comes as an event afterwards, even if it did not count beside the rows of before.
  const position = await source.feed.begin('catalog')
  const rebuilt = { products: 0, tombstones: 0 }
  for (let after = 0; after < Infinity;) {
    if (stopping?.aborted) return undefined
    const query = `after=${after}&limit=${pageSize}`
    const before = await listVersions(db, after, pageSize)
    const products = await source.products.page(query)
    // Behind the products, or one that is taken out between the two questions would be in neither answer.
    const tombstones = await source.products.deleted(query)
    const end = Math.min(endOf(before), endOf(products), endOf(tombstones))
    const states = mergeAll([...products.map(stateOfProduct), ...tombstones.map(stateOfTombstone)])
    const isInside = ({ id }: { id: number }) => id <= end
    await replaceProducts(db, before.filter(isInside), states.filter(isInside))
    onChanged?.()
    for (const { is_deleted } of states.filter(isInside)) rebuilt[is_deleted ? 'tombstones' : 'products']++
    after = end
  }
  // Last: a rebuild that ends before is begun anew where it has to be.
  await storePosition(db, 'inventory', position)
  return rebuilt
}

/** Up to which id a page tells all that there is. */
function endOf(page: { id: number }[]): number {
  return page.length < pageSize ? Infinity : page.at(-1)!.id
}
