import { setTimeout as sleep } from 'node:timers/promises'
import { isProblem } from '@kakilima/contracts/problems'
import {
  type ImportCounts,
  type ImportError,
  type ImportLine,
  mostToldErrors,
} from '@kakilima/contracts/product-sheets'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { toProblem } from '@kakilima/kit/problem'
import { type RequestContext, runInRequest } from '@kakilima/kit/request-context'
import type { InventoryTables } from '../database.ts'
import type { RowPlan } from './plan-rows.ts'
import type { OpenSheet } from './read-rows.ts'
import type { SheetRow } from './sheet-row.ts'
import { type ImportOptions, SameProductTwice, storeRows } from './store-rows.ts'

/** Orders of the same products wait for a batch: it takes some 50 ms. */
const batchSize = 200
/** The longest time in which nothing is said. */
const progressMs = 700

export type ImportTask = {
  sheet: OpenSheet
  totalBytes: number
  options: ImportOptions
  /** Says that nobody listens any more: then no other batch is begun. */
  signal: AbortSignal
  /** Who asks: for the audit log, which is written to long after the request was read. */
  request: RequestContext
  logger: Logger
}

/**
 * Stores the rows of a sheet batch by batch, and says how it goes. Rows that cannot be stored harm no others. Never throws: where it
 * cannot go on, the last line says so.
 */
export async function* importProducts(
  db: Db<InventoryTables>,
  { sheet, totalBytes, options, signal, request, logger }: ImportTask,
): AsyncGenerator<ImportLine> {
  const counts: ImportCounts = { rows: 0, created: 0, updated: 0, unchanged: 0, failed: 0 }
  const progress = (): ImportLine => ({
    type: 'progress',
    ...counts,
    total_bytes: totalBytes,
    read_bytes: sheet.readBytes(),
  })
  let told = 0
  let toldAt = performance.now()
  let pending: Promise<unknown> | undefined

  function* note(rows: SheetRow[], plans: RowPlan[]): Generator<ImportError> {
    for (const [index, plan] of plans.entries()) {
      counts.rows++
      counts[plan.is]++
      if (plan.is === 'failed' && told++ < mostToldErrors)
        yield { type: 'error', line: rows[index]!.line, ...plan.error }
    }
  }

  try {
    for await (const rows of batches(sheet.rows)) {
      if (signal.aborted) return
      const storing = runInRequest(request, () => storeBatch(db, rows, options))
      pending = storing
      // Where others hold a product for long, whoever listens hears that this still goes on.
      while ((await Promise.race([storing, sleep(progressMs, 'slow', { ref: false })])) === 'slow') {
        yield progress()
        toldAt = performance.now()
      }
      yield* note(rows, await storing)
      if (performance.now() - toldAt < progressMs) continue
      yield progress()
      toldAt = performance.now()
    }
    yield progress()
    yield { type: 'done', ...counts, dry_run: options.isDryRun, ignored_columns: sheet.header.ignored }
  } catch (error) {
    const { type, message } = toProblem(error)
    logger.error({ err: error, ...counts }, 'an import of products could not go on')
    yield { type: 'stopped', ...counts, problem: type, detail: message }
  } finally {
    // Where the reader went away in the middle of a batch, that is let end.
    await Promise.allSettled([pending])
  }
}

/** Some rows at a time, none of which seems to mean the same product as another one. */
async function* batches(rows: AsyncIterable<SheetRow>): AsyncGenerator<SheetRow[]> {
  let batch: SheetRow[] = []
  let keys = new Set<string>()
  for await (const row of rows) {
    const { id, sku, slug } = row.cells
    const own = Object.entries({ id, sku, slug }).flatMap(([column, cell]) => (cell ? `${column} ${cell}` : []))
    if (batch.length === batchSize || own.some((key) => keys.has(key))) {
      yield batch
      batch = []
      keys = new Set()
    }
    batch.push(row)
    for (const key of own) keys.add(key)
  }
  if (batch.length > 0) yield batch
}

/** All rows at once, or where one of them spoils that, one by one. */
async function storeBatch(db: Db<InventoryTables>, rows: SheetRow[], options: ImportOptions): Promise<RowPlan[]> {
  try {
    return await storeRows(db, rows, options)
  } catch (error) {
    if (!isProblem(error) && !(error instanceof SameProductTwice)) throw error
  }
  const plans: RowPlan[] = []
  for (const row of rows) plans.push(await storeAlone(db, row, options))
  return plans
}

async function storeAlone(db: Db<InventoryTables>, row: SheetRow, options: ImportOptions): Promise<RowPlan> {
  try {
    const [plan] = await storeRows(db, [row], options)
    return plan!
  } catch (error) {
    if (!isProblem(error, 'slug-taken')) throw error
    return { is: 'failed', error: { column: 'slug', reason: 'slug-taken', detail: error.message } }
  }
}
