import { ExportQuery, ImportQuery } from '@kakilima/contracts/product-sheets'
import { passOn, pickHeaders } from '@kakilima/kit/pass-on'
import type { Server } from '@kakilima/kit/server'
import { addSheetRoutes, sheetBody } from '@kakilima/kit/sheet-body'
import type { GatewayDeps } from '../app.ts'
import { queryOf } from '../query.ts'

/** Sheets of products, which pass through here while they come in. */
export async function sheetRoutes(app: Server, { streamSheet }: Pick<GatewayDeps, 'streamSheet'>): Promise<void> {
  app.get(
    '/api/v1/products/export',
    { schema: { summary: 'All products as a CSV file', querystring: ExportQuery, produces: ['text/csv'] } },
    async (request, reply) => {
      const path = `/products/export?${queryOf({ delimiter: request.query.delimiter })}`
      return passOn(reply, await streamSheet({ method: 'GET', path }), ['content-type', 'content-disposition'])
    },
  )

  await addSheetRoutes(app, (routes) => {
    routes.post(
      '/api/v1/products/import',
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
        const path = `/products/import?${queryOf({ dry_run: String(dry_run), set_stock: String(set_stock) })}`
        const headers = pickHeaders(request.headers, ['content-type', 'content-length'])
        return passOn(reply, await streamSheet({ method: 'POST', path, headers, body: request.body }), ['content-type'])
      },
    )
  })
}
