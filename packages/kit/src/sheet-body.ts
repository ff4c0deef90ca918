import type { Readable } from 'node:stream'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { problem } from '@kakilima/contracts/problems'
import Type from 'typebox'
import type { Server } from './server.ts'

const sheetType = 'text/csv'

/** What the schemas of routes with such a body have in common. */
export const sheetBody = {
  consumes: [sheetType],
  body: Type.Unsafe<Readable>({ description: 'a CSV file, as it is' }),
}

/**
 * Adds routes whose body is a CSV file, which they read while it comes in: nothing here bounds its size. Any other content type is
 * answered 415.
 */
export async function addSheetRoutes(app: Server, add: (routes: Server) => void): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser(sheetType, (_, body, done) => done(null, body))
    // Before anything is read, but behind the question who calls.
    scope.addHook('preParsing', async ({ headers }) => {
      const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase()
      if (type !== sheetType) throw problem('unsupported-sheet-type')
    })
    add(scope.withTypeProvider<TypeBoxTypeProvider>())
  })
}
