import { followDurably } from '@kakilima/kit/durable-feed'
import type { Logger } from '@kakilima/kit/logger'
import type { Loop } from '@kakilima/kit/loop'
import type { Kysely } from 'kysely'
import type { CatalogTables } from '../database.ts'
import type { InventorySource } from '../inventory-source.ts'
import { rebuildIfNeeded } from '../rebuild/rebuild-catalog.ts'
import { applyStates } from './apply-states.ts'
import { project } from './projection.ts'

export type FollowInventoryOptions = {
  db: Kysely<CatalogTables>
  source: InventorySource
  logger: Logger
  /** Called when products may have changed, here or in another process that works on the same database, after that was committed. */
  onChanged: () => void
  idleMs?: number
}

/** Keeps the products as inventory has them, less than a second behind: stock is announced every 250 ms, and asked for every 200. */
export function followInventory({ db, source, logger, onChanged, idleMs = 200 }: FollowInventoryOptions): Loop {
  const stopping = new AbortController()
  const loop = followDurably<CatalogTables>({
    feed: 'inventory',
    reader: 'catalog',
    client: source.feed,
    db,
    logger,
    idleMs,
    handle: (tx, events) => applyStates(tx, project(events)),
    onMoved: onChanged,
    begin: async (why) => {
      const rebuilt = await rebuildIfNeeded({ db, source, onChanged, stopping: stopping.signal })
      if (rebuilt !== undefined) logger.info({ why, ...rebuilt }, 'the catalog was built anew')
    },
  })
  return {
    wake: loop.wake,
    stop: () => {
      stopping.abort()
      return loop.stop()
    },
  }
}
