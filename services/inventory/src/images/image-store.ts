import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Keeps the files of images, each under a name that is a path below /images. */
export type ImageStore = {
  /** Stores a file whole or not at all. When this returns, it survives a crash. */
  put: (name: string, bytes: Uint8Array) => Promise<void>
  /** Stores a copy of a file in the same way. Returns false where there is no such file. */
  copy: (from: string, to: string) => Promise<boolean>
  /** Deletes a file, if it is there. */
  delete: (name: string) => Promise<void>
}

/** Keeps images in a folder, which `serveImages` shows. Names are ours: no part of them comes from a request. */
export function folderImageStore(folder: string): ImageStore {
  async function put(name: string, bytes: Uint8Array): Promise<void> {
    const path = join(folder, name)
    const temporary = join(dirname(path), `.${randomUUID()}`)
    await mkdir(dirname(path), { recursive: true })
    try {
      await writeFile(temporary, bytes, { flush: true })
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    // The name is on the disk only when its folder is.
    await using parent = await open(dirname(path))
    await parent.sync()
  }

  return {
    put,
    async copy(from, to) {
      try {
        await put(to, await readFile(join(folder, from)))
        return true
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
        throw error
      }
    },
    delete: (name) => rm(join(folder, name), { force: true }),
  }
}
