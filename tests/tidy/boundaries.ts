import { isTest, targetOf, type Fault, type Rule, type SourceFile } from './source.ts'

// Who may import what among our own packages: the table in CONTRIBUTING.md. Everybody may import itself.
const mayImport: Record<string, string[]> = {
  'packages/contracts': [],
  'packages/kit': ['contracts'],
  'packages/embedded-postgres': [],
  'packages/testkit': ['embedded-postgres', 'kit', 'contracts'],
  'packages/queue': ['contracts', 'kit'],
  'services/*': ['kit', 'contracts'],
  'services/gateway': ['kit', 'contracts', 'queue'],
  'services/order': ['kit', 'contracts', 'queue'],
  'web/*': ['ui', 'contracts'],
  tests: ['testkit', 'contracts'],
}

// Contracts run in browsers too, so they take nothing but the schema library.
const npmOfContracts = new Set(['typebox'])

/** The folder whose package.json a file belongs to: `services/order`, `tests`, or nothing for files beside the root's own. */
function packageOf(path: string): string {
  return /^(?:(?:packages|services|web)\/[^/]+|tests)(?=\/)/.exec(path)?.[0] ?? ''
}

export const packageImports: Rule = {
  name: 'package-imports',
  remedy:
    'See "Who may import what" in CONTRIBUTING.md. Move what is shared to contracts or kit; call another service over HTTP or read its ' +
    'events. A new package needs a row in tests/tidy/boundaries.ts.',
  find(file) {
    const home = packageOf(file.path)
    if (file.code === undefined || home === '') return []
    const faults: Fault[] = []
    for (const { specifier, line } of file.code.imports) {
      const own = /^@kakilima\/([^/]+)/.exec(specifier)?.[1]
      if (own !== undefined && !allows(home, own, file.path)) faults.push({ line, found: `imports ${specifier}` })
      if (own === undefined && home === 'packages/contracts' && !isTest(file.path) && !mayUseInContracts(specifier))
        faults.push({ line, found: `imports ${specifier} in contracts` })
    }
    return faults
  },
}

function allows(home: string, name: string, path: string): boolean {
  if (home.endsWith(`/${name}`)) return true
  if (name === 'testkit' && isTest(path)) return true
  // The command line starts every service in one process; the testkit is for test files alone.
  if (home === 'packages/cli') return name !== 'testkit'
  return (mayImport[home] ?? mayImport[home.replace(/\/.*/, '/*')] ?? []).includes(name)
}

function mayUseInContracts(specifier: string): boolean {
  return specifier.startsWith('.') || npmOfContracts.has(specifier.split('/', 1)[0]!)
}

export const relativeImports: Rule = {
  name: 'relative-imports',
  remedy: 'Import another package by its name (@kakilima/kit/server), so that its exports map stays the border.',
  find: (file) =>
    relativeTargets(file)
      .filter(({ target }) => packageOf(target) !== packageOf(file.path))
      .map(({ line, specifier }) => ({ line, found: `imports ${specifier}, which is in another package` })),
}

export const featureImports: Rule = {
  name: 'feature-imports',
  remedy: "Import the neighbour's noun or verb file. Routes belong to their own folder and to app.ts.",
  find(file) {
    const own = featureOf(file.path)
    if (own === undefined) return []
    return relativeTargets(file)
      .filter(({ target }) => target.endsWith('/routes.ts') && featureOf(target) !== own)
      .map(({ line, specifier }) => ({ line, found: `imports the routes of a neighbour, ${specifier}` }))
  },
}

/** `services/order/src/intake` for the files in it, undefined for files beside the feature folders. */
function featureOf(path: string): string | undefined {
  return /^services\/[^/]+\/src\/[^/]+(?=\/)/.exec(path)?.[0]
}

function relativeTargets(file: SourceFile): { specifier: string; line: number; target: string }[] {
  return (file.code?.imports ?? []).flatMap(({ specifier, line }) => {
    const target = targetOf(file, specifier)
    return target === undefined ? [] : [{ specifier, line, target }]
  })
}
