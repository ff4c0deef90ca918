import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import { isProblem } from '@kakilima/contracts/problems'
import { type ImportCounts, type ImportLine, longestSheetMs } from '@kakilima/contracts/product-sheets'
import type { InventoryConfig } from '@kakilima/inventory/config'
import { createNeighbor, type Neighbor } from '@kakilima/kit/http-client'
import type { ServiceModule } from '@kakilima/kit/service'
import { defineCommand } from 'citty'
import { readEnvironment } from '../config.ts'
import { loadService } from '../services.ts'

export const details = `
import: creates and changes products by a CSV file (UTF-8, or what Excel calls Unicode text). Its first
line names the columns, as an export does. A row with an id changes that product, one with the sku of
exactly one product changes that one, all others make new products. The stock of products that are
there already is left alone, since a sheet that is an hour old would undo an hour of sales: unless you
say --set-stock. Rows that cannot be taken are told, and all others are.
export: writes all products to FILE, or to the standard output.
Both ask the inventory service at INVENTORY_URL, which must run.

EXAMPLES
  npx kakilima products export products.csv
  npx kakilima products import products.csv --dry-run`

export const command = defineCommand({
  meta: { name: 'products', description: 'Bring products in by a CSV file, or write them all to one' },
  args: {
    action: { type: 'positional', required: false, description: 'import or export' },
    file: { type: 'positional', required: false, description: 'The CSV file' },
    'dry-run': { type: 'boolean', description: 'Say what an import would do, and store nothing' },
    'set-stock': { type: 'boolean', description: 'Also set the stock of products that are there, as a count' },
  },
  async run({ args }) {
    const { action, file } = args
    const options = { isDryRun: args['dry-run'] === true, setsStock: args['set-stock'] === true }
    const isExport = action === 'export' && !options.isDryRun && !options.setsStock
    if (args._.length > 2 || (action !== 'import' && !isExport) || (action === 'import' && file === undefined))
      throw new Error('Say what to do: npx kakilima products import FILE, or npx kakilima products export [FILE]')
    await withInventory(async (inventory) => {
      if (isExport) await exportTo(inventory, file)
      else await importFrom(inventory, file!, options)
    })
  },
})

async function withInventory(work: (inventory: Neighbor) => Promise<void>): Promise<void> {
  const service: ServiceModule<InventoryConfig> = await loadService('inventory')
  // Its database is none of this command's: for the check, one that can't be wrong.
  const env = { ...readEnvironment(), INVENTORY_DATABASE_URL: 'postgres://127.0.0.1/not-used' }
  const { INVENTORY_URL, SERVICE_TOKEN } = service.readConfig(env)
  const options = { name: 'inventory', url: INVENTORY_URL, token: SERVICE_TOKEN, timeoutMs: longestSheetMs }
  const inventory = createNeighbor(options)
  try {
    await work(inventory)
  } catch (error) {
    if (!isProblem(error, 'neighbor-unavailable')) throw error
    throw new Error(
      `The inventory service does not answer at ${INVENTORY_URL}: start the shop, or name its address in INVENTORY_URL.`,
      { cause: error },
    )
  } finally {
    await inventory.close()
  }
}

async function exportTo(inventory: Neighbor, file: string | undefined): Promise<void> {
  const { body } = await inventory.stream({ method: 'GET', path: '/products/export' })
  // What is piped to another program is the file and nothing else.
  if (file === undefined) return pipeline(body, process.stdout, { end: false })
  await pipeline(body, createWriteStream(file))
  console.log(`All products are in ${file}.`)
}

async function importFrom(
  inventory: Neighbor,
  file: string,
  { isDryRun, setsStock }: { isDryRun: boolean; setsStock: boolean },
): Promise<void> {
  const { size } = await stat(file)
  const answer = await inventory.stream({
    method: 'POST',
    path: `/products/import?dry_run=${isDryRun}&set_stock=${setsStock}`,
    headers: { 'content-type': 'text/csv', 'content-length': String(size) },
    body: createReadStream(file),
  })
  let last: ImportLine | undefined
  for await (const text of createInterface(answer.body)) {
    last = JSON.parse(text) as ImportLine
    if (last.type === 'error') console.error(`Line ${last.line}: ${last.detail} (${last.reason}).`)
    if (last.type === 'progress') console.log(`${last.rows} rows …`)
  }
  if (last?.type === 'stopped') throw new Error(`The import stopped after ${told(last)}: ${last.detail}.`)
  if (last?.type !== 'done') throw new Error('The import ended before it was done. What was taken by then stays.')
  console.log(`${isDryRun ? 'It would be' : 'Done'}: ${told(last)}.`)
  if (last.ignored_columns.length > 0)
    console.log(`These columns say nothing here: ${last.ignored_columns.join(', ')}.`)
  if (last.failed > 0) process.exitCode = 1
}

function told({ rows, created, updated, unchanged, failed }: ImportCounts): string {
  return `${rows} rows, ${created} products created, ${updated} changed, ${unchanged} as they were, ${failed} not taken`
}
