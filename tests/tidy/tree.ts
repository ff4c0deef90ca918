import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readSource, type Tree } from './source.ts'

const readable = /\.(ts|js|mjs|vue|md|sql|ya?ml)$/

/** The repository as it lies on the disk: what git knows and what it would add, without what it ignores. */
export function readTree(root: string): Tree {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard']
  const listed = execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 })
  const paths = new Set(listed.split('\0').filter((path) => path !== '' && existsSync(join(root, path))))
  const sources = [...paths]
    .filter((path) => readable.test(path))
    .map((path) => [path, readSource(path, readFileSync(join(root, path), 'utf8'))] as const)
  return { paths, sources: new Map(sources) }
}

/** A small repository out of paths and texts, for examples. */
export function treeOf(files: Record<string, string>): Tree {
  const sources = Object.entries(files).map(([path, text]) => [path, readSource(path, text)] as const)
  return { paths: new Set(Object.keys(files)), sources: new Map(sources) }
}
