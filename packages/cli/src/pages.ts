import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../../../', import.meta.url))

/** The applications of pages, each in its folder below `web`. */
const applications = ['storefront', 'admin'] as const
export type PageApplication = (typeof applications)[number]
/** Where each of them is built. */
export type PageFolders = Record<PageApplication, string>

const homeOf = (application: PageApplication) => join(root, 'web', application)
const buildsOf = (application: PageApplication) => join(homeOf(application), 'dist')
/** What the built pages are made of. */
const sourcesOf = (application: PageApplication) => [
  `web/${application}`,
  'web/ui',
  'packages/contracts/src',
  'package-lock.json',
]
const notSources = new Set(['dist', 'node_modules'])
const keptBuilds = 3

/** The folder of an application as it is built from the present sources, or undefined where it is not built. */
export async function builtPages(application: PageApplication): Promise<string | undefined> {
  const folder = await folderOfBuild(application)
  return existsSync(folder) ? folder : undefined
}

/** Builds what is not built from the present sources. Throws with the output of a build that fails. */
export async function ensurePages(): Promise<PageFolders> {
  const folders = await Promise.all(applications.map(async (name) => [name, await ensureBuilt(name)] as const))
  return Object.fromEntries(folders) as PageFolders
}

/**
 * Each build has a folder of its own, named by what it was made of, so that several may build at once and a shop that runs keeps its
 * files.
 */
async function ensureBuilt(application: PageApplication): Promise<string> {
  const builds = buildsOf(application)
  const folder = await folderOfBuild(application)
  if (existsSync(folder)) return folder
  const unfinished = join(builds, `.building-${process.pid}`)
  await mkdir(unfinished, { recursive: true })
  try {
    await runVite(application, unfinished)
    await rename(unfinished, folder)
  } catch (error) {
    // Somebody else was faster, with the same result.
    if (!existsSync(folder)) throw error
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
  await dropOldBuilds(builds, folder)
  return folder
}

async function folderOfBuild(application: PageApplication): Promise<string> {
  const hash = createHash('sha256')
  for (const source of sourcesOf(application)) {
    for (const path of await filesOf(source))
      hash
        .update(path)
        .update('\0')
        .update(await readFile(join(root, path)))
        .update('\0')
  }
  return join(buildsOf(application), hash.digest('hex').slice(0, 16))
}

async function filesOf(path: string): Promise<string[]> {
  if (path.endsWith('.json')) return [path]
  const entries = await readdir(join(root, path), { withFileTypes: true })
  const found = await Promise.all(
    entries
      .filter(({ name }) => !notSources.has(name))
      .map(async (entry) => (entry.isDirectory() ? filesOf(`${path}/${entry.name}`) : [`${path}/${entry.name}`])),
  )
  return found.flat().toSorted()
}

async function runVite(application: PageApplication, folder: string): Promise<void> {
  const vite = join(root, 'node_modules/vite/bin/vite.js')
  const child = spawn(process.execPath, [vite, 'build', '--outDir', folder, '--emptyOutDir', '--logLevel', 'warn'], {
    cwd: homeOf(application),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`The ${application} could not be built:\n${output}`)
}

/** Leaves a few, for shops that still run on them. */
async function dropOldBuilds(builds: string, current: string): Promise<void> {
  const folders = (await readdir(builds)).filter((name) => !name.startsWith('.')).map((name) => join(builds, name))
  const aged = await Promise.all(folders.map(async (folder) => ({ folder, at: (await stat(folder)).mtimeMs })))
  const old = aged.filter(({ folder }) => folder !== current).toSorted((one, other) => other.at - one.at)
  for (const { folder } of old.slice(keptBuilds - 1)) await rm(folder, { recursive: true, force: true })
}
