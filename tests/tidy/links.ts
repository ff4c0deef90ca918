import { posix } from 'node:path'
import type { Rule } from './source.ts'

export const links: Rule = {
  name: 'links',
  remedy: 'Point the link at a file or folder that is in the repository.',
  find({ path, text }, { paths }) {
    if (!path.endsWith('.md')) return []
    let isFenced = false
    return text.split('\n').flatMap((whole, index) => {
      if (/^\s*(```|~~~)/.test(whole)) isFenced = !isFenced
      if (isFenced) return []
      return targetsIn(whole.replaceAll(/`[^`]*`/g, ''))
        .filter((target) => !exists(path, target, paths))
        .map((target) => ({ line: index + 1, found: `links to ${target}, which is not there` }))
    })
  },
}

/** Where a line of Markdown points inside the repository: `[text](target)`, `[label]: target`, `<img src="target">`. */
function targetsIn(line: string): string[] {
  const found = line.matchAll(/\]\(<?([^()\s>]+)[^)]*\)|^\s*\[[^\]]+\]:\s*<?([^\s>]+)|(?:src|srcset|href)="([^"\s]+)"/g)
  return [...found]
    .map(([, inline, reference, attribute]) => (inline ?? reference ?? attribute)!)
    .filter((target) => !/^([a-z][a-z\d+.-]*:|\/\/|#)/i.test(target))
}

function exists(from: string, target: string, paths: Set<string>): boolean {
  const file = decodeURIComponent(target.replace(/[?#].*/, ''))
  const path = posix.join(file.startsWith('/') ? '.' : posix.dirname(from), file).replace(/^\/|\/$/g, '')
  return path === '.' || paths.has(path) || [...paths].some((other) => other.startsWith(`${path}/`))
}
