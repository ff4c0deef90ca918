import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A built application of pages: its HTML, with room for what each address says of itself, and the files that a page needs beside the first ones. */
export type BuiltPages = { folder: string; page: (head: string) => string; filesOf: (page: string) => string[] }

/** What Vite says of a built file: its address, and which others it imports, by their keys. */
type BuiltFile = { file: string; imports?: string[]; isEntry?: boolean }

/** Reads a built application, or returns undefined where there is none. `base` is the address that its files are below. */
export async function readBuiltPages(folder: string, base = '/'): Promise<BuiltPages | undefined> {
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
  const built = JSON.parse(await readFile(join(folder, 'pages.json'), 'utf8')) as Record<string, BuiltFile>
  const closure = (key: string, found = new Set<string>()): Set<string> => {
    if (!found.has(key)) {
      found.add(key)
      for (const other of built[key]?.imports ?? []) closure(other, found)
    }
    return found
  }
  const first = new Set(
    Object.keys(built)
      .filter((key) => built[key]!.isEntry)
      .flatMap((key) => [...closure(key)]),
  )
  const filesOf = (page: string) =>
    [...closure(`src/pages/${page}.vue`)]
      .filter((key) => built[key] !== undefined && !first.has(key))
      .map((key) => base + built[key]!.file)
  return { folder, page: (head) => before + head + after, filesOf }
}
