import { mkdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import files from '@fastify/static'
import type { Server } from '@kakilima/kit/server'

/** A name that says what is in the file, as `storeImage` makes it. */
const hashedName = /-[0-9a-f]{16}-\d+\.webp$/

/** Shows the pictures of a folder under /images. */
export async function serveImages(app: Server, folder: string): Promise<void> {
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
    // Files that are still being written begin with a dot.
    dotfiles: 'ignore',
    maxAge: '1d',
    setHeaders: (reply, path) => {
      if (hashedName.test(path)) reply.header('cache-control', 'public, max-age=31536000, immutable')
      // A picture opened by itself must not run what somebody drew into it.
      reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; sandbox")
      reply.header('x-content-type-options', 'nosniff')
      // Pages of any address may show it: the shop's own may have another one than the pictures.
      reply.header('cross-origin-resource-policy', 'cross-origin')
    },
  })
}
