import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The built storefront: its page, with room for what each address says of itself. */
export type Storefront = { folder: string; page: (head: string) => string }

/** Reads the built storefront, or returns undefined where there is none. */
export async function readStorefront(folder: string): Promise<Storefront | undefined> {
  let html: string
  try {
    html = await readFile(join(folder, 'index.html'), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const [before, after] = html.split('<!--head-->')
  if (before === undefined || after === undefined)
    throw new Error(`${folder}/index.html has no room for a head: build it again.`)
  return { folder, page: (head) => before + head + after }
}
