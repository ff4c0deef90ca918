import { Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { problem } from '@kakilima/contracts/problems'
import { largestSheetBytes } from '@kakilima/contracts/product-sheets'
import Type from 'typebox'
import type { Server } from './server.ts'

const sheetType = 'text/csv'

/** What the schemas of routes with such a body have in common. */
export const sheetBody = {
  consumes: [sheetType],
  body: Type.Unsafe<Readable>({ description: 'a CSV file, as it is' }),
}

/**
 * Adds routes whose body is a CSV file, which they read while it comes in: 50 MB of it at most. Any other content type is answered 415.
 */
export async function addSheetRoutes(app: Server, add: (routes: Server) => void): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(sheetType, (_, body, done) => done(null, boundedBody(body, largestSheetBytes)))
    // Before anything is read, but behind the question who calls.
    scope.addHook('preParsing', async ({ headers }) => {
      if (Number(headers['content-length'] ?? 0) > largestSheetBytes) throw problem('payload-too-large')
      const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase()
      if (type !== sheetType) throw problem('unsupported-sheet-type')
    })
    add(scope.withTypeProvider<TypeBoxTypeProvider>())
  })
}

/**
 * A body that is read while it comes in, up to a size. What it came by is left as it is, also where its reader ends early: the caller can
 * still be answered there. Throws `payload-too-large` beyond `largestBytes`, and `bad-request` where the caller goes away.
 */
function boundedBody(body: Readable, largestBytes: number): Readable {
  async function* bounded(): AsyncGenerator<Buffer> {
    let bytes = 0
    const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterableIterator<Buffer>
    try {
      for (;;) {
        const { done, value } = await chunks.next().catch((error: unknown) => {
          throw problem('bad-request', `The body did not come in whole: ${String(error)}`)
        })
        if (done) return
        bytes += value.length
        if (bytes > largestBytes)
          throw problem('payload-too-large', `The file is larger than ${largestBytes / 2 ** 20} MB: split it`)
        yield value
      }
    } finally {
      // Some clients send all of it before they look for an answer, and their next request would wait behind the rest of this one.
      await chunks.return?.()
      body.resume()
    }
  }
  return Readable.from(bounded(), { objectMode: false })
}
