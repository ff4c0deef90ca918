import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import { imageTypes, largestImageBytes } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import Type from 'typebox'
import type { Server } from './server.ts'

/** What the schemas of routes with such a body have in common. */
export const imageBody = {
  consumes: [...imageTypes],
  body: Type.Unsafe<Buffer>({ description: 'the bytes of the image, as they are' }),
}

/**
 * Adds routes whose body is an image: its bytes and nothing else, at most 10 MB. Any other content type is answered 415. What the bytes
 * are in truth is for the route to find out.
 */
export async function addImageRoutes(app: Server, add: (routes: Server) => void): Promise<void> {
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers()
    scope.addContentTypeParser([...imageTypes], { parseAs: 'buffer', bodyLimit: largestImageBytes }, (_, body, done) =>
      done(null, body),
    )
    // Before anything is read, but behind the question who calls.
    scope.addHook('preParsing', async ({ headers }) => {
      const type = headers['content-type']?.split(';', 1)[0]!.trim().toLowerCase()
      if (!imageTypes.some((allowed) => allowed === type)) throw problem('unsupported-image-type')
    })
    add(scope.withTypeProvider<TypeBoxTypeProvider>())
  })
}
