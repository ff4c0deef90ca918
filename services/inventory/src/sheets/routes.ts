import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { ExportQuery, ImportQuery } from '@kakilima/contracts/product-sheets'
import { csvAnswer } from '@kakilima/kit/csv-answer'
import type { Db } from '@kakilima/kit/database'
import type { Logger } from '@kakilima/kit/logger'
import { currentRequest } from '@kakilima/kit/request-context'
import type { Server } from '@kakilima/kit/server'
import { addSheetRoutes, sheetBody } from '@kakilima/kit/sheet-body'
import type { InventoryTables } from '../database.ts'
import { productPages, sheetCells } from './export-products.ts'
import { importProducts } from './import-products.ts'
import { openSheet } from './read-rows.ts'
import { receiveSheet } from './receive-sheet.ts'
import { requireText } from './sheet-text.ts'

export async function sheetRoutes(
  app: Server,
  db: Db<InventoryTables>,
  logger: Logger,
  baseUrl: string,
): Promise<void> {
  app.get(
    '/products/export',
    { schema: { summary: 'All products as a CSV file', querystring: ExportQuery, produces: ['text/csv'] } },
    async (request, reply) =>
      csvAnswer(reply, {
        fileName: 'products.csv',
        columns: sheetCells(baseUrl),
        delimiter: request.query.delimiter ?? ',',
        pages: productPages(db),
      }),
  )

  await addSheetRoutes(app, (routes) => {
    routes.post(
      '/products/import',
      {
        schema: {
          summary:
            'Create and change products by a CSV file; the answer has a line of JSON for each thing that happens',
          querystring: ImportQuery,
          ...sheetBody,
          produces: ['application/x-ndjson'],
        },
      },
      async (request, reply) => {
        const { dry_run = false, set_stock = false } = request.query
        const asked = currentRequest()!
        const received = await receiveSheet(request.body)
        try {
          await requireText(received)
          const gone = new AbortController()
          reply.raw.once('close', () => gone.abort())
          const lines = importProducts(db, {
            sheet: await openSheet(received),
            totalBytes: received.bytes,
            options: { setStock: set_stock, isDryRun: dry_run },
            signal: gone.signal,
            request: asked,
            logger,
          })
          async function* text(): AsyncGenerator<string> {
            for await (const line of lines) yield `${JSON.stringify(line)}\n`
          }
          const answer = Readable.from(text(), { highWaterMark: 1 })
          reply.type('application/x-ndjson; charset=utf-8').send(answer)
          // Whatever ended it: its end, or that nobody reads it any more.
          await new Promise((resolve) => answer.once('close', resolve))
        } finally {
          await rm(received.path, { force: true })
        }
        return reply
      },
    )
  })
}
