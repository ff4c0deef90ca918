import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import files from '@fastify/static'
import type { Server } from '@kakilima/kit/server'

/** Shows the pictures of a folder under /images. */
export async function imageRoutes(app: Server, folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true })
  } catch (error) {
    throw new Error(`IMAGES_FOLDER is ${folder}, which cannot be made: name a folder that may be written.`, {
      cause: error,
    })
  }
  await app.register(files, {
    root: resolve(folder),
    prefix: '/images/',
    index: false,
    maxAge: '1d',
    setHeaders: (reply) => {
      // A picture opened by itself must not run what somebody drew into it.
      reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      reply.header('x-content-type-options', 'nosniff')
    },
  })
}
