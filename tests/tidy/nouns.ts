import { posix } from 'node:path'
import { Visitor } from 'oxc-parser'
import { isTest, targetOf, type Fault, type Rule, type SourceFile, type Tree } from './source.ts'

/** Whether a file holds the noun of its feature folder: products/product.ts, stock/stock.ts, categories/category.ts. */
function isNoun(path: string): boolean {
  if (!/^services\/[^/]+\/src\/.+\//.test(path)) return false
  const [folder = '', file = ''] = path.split('/').slice(-2)
  const nouns = [folder, folder.replace(/s$/, ''), folder.replace(/es$/, ''), folder.replace(/ies$/, 'y')]
  return nouns.some((noun) => file === `${noun}.ts`)
}

// Values from these do I/O, or only make sense to who does. Types are free.
const doesIo = /^(@kakilima\/(kit|queue|testkit)\/|node:|(kysely|pg|undici|fastify|pino|ioredis|ws)(\/|$))/

export const nounImports: Rule = {
  name: 'noun-imports',
  remedy:
    'A noun file holds types and pure rules. Import types only (`import type`), and move what touches the outside to a verb file.',
  find(file, tree) {
    if (!isNoun(file.path)) return []
    const faults: Fault[] = []
    for (const { specifier, line, isType } of file.code?.imports ?? []) {
      if (isType) continue
      const way = wayToIo(file, specifier, tree)
      if (way !== undefined) faults.push({ line, found: `imports ${way.join(', which imports ')}` })
    }
    return faults
  },
}

/** The imports of values that lead from a file to something that does I/O. */
function wayToIo(file: SourceFile, specifier: string, tree: Tree, seen = new Set<string>()): string[] | undefined {
  if (doesIo.test(specifier)) return [specifier]
  const target = targetOf(file, specifier)
  const next = target === undefined ? undefined : tree.sources.get(target)
  if (next === undefined || seen.has(next.path)) return undefined
  seen.add(next.path)
  for (const { specifier: further, isType } of next.code?.imports ?? []) {
    const way = isType ? undefined : wayToIo(next, further, tree, seen)
    if (way !== undefined) return [specifier, ...way]
  }
  return undefined
}

const ambient = new Set(['process', 'console', 'fetch', 'performance', 'setTimeout', 'setInterval'])
const ambientMembers = new Set(['Date.now', 'Math.random', 'crypto.randomUUID', 'Temporal.Now'])

export const nounPurity: Rule = {
  name: 'noun-purity',
  remedy:
    'Pure rules get time as `now` and chance as an argument; the verb that calls them reads clock, environment and chance.',
  find(file) {
    if (file.code === undefined || !isNoun(file.path)) return []
    const faults: Fault[] = []
    const note = (start: number, found: string) => faults.push({ line: file.lineAt(start), found: `uses ${found}` })
    new Visitor({
      MemberExpression({ object, property, start }) {
        if (object.type !== 'Identifier' || property.type !== 'Identifier') return
        const name = `${object.name}.${property.name}`
        if (ambientMembers.has(name) || ambient.has(object.name)) note(start, name)
      },
      NewExpression({ callee, arguments: given, start }) {
        if (callee.type === 'Identifier' && callee.name === 'Date' && given.length === 0) note(start, 'new Date()')
      },
      CallExpression({ callee, start }) {
        if (callee.type === 'Identifier' && (ambient.has(callee.name) || callee.name === 'Date'))
          note(start, `${callee.name}()`)
      },
    }).visit(file.code.program)
    return faults
  },
}

export const environment: Rule = {
  name: 'environment',
  remedy:
    'Read the environment in config.ts and pass the setting on. Only config.ts, packages/cli, testkit and tests may touch it.',
  find(file) {
    const { path } = file
    const mayRead =
      isTest(path) ||
      posix.basename(path) === 'config.ts' ||
      /^packages\/(cli|testkit)\/|^[^/]+\.config\.ts$/.test(path)
    if (file.code === undefined || mayRead) return []
    const faults = file.code.imports
      .filter(({ specifier, names }) => /^(node:)?process$/.test(specifier) && names.includes('env'))
      .map(({ line }) => ({ line, found: 'imports env of node:process' }))
    const note = (start: number) => faults.push({ line: file.lineAt(start), found: 'reads process.env' })
    new Visitor({
      MemberExpression({ object, property, start }) {
        if (object.type !== 'Identifier' || object.name !== 'process') return
        const name = property.type === 'Literal' ? property.value : property.type === 'Identifier' && property.name
        if (name === 'env') note(start)
      },
      VariableDeclarator({ id, init, start }) {
        if (init?.type !== 'Identifier' || init.name !== 'process' || id.type !== 'ObjectPattern') return
        const names = id.properties.map(
          (part) => part.type === 'Property' && part.key.type === 'Identifier' && part.key.name,
        )
        if (names.includes('env')) note(start)
      },
    }).visit(file.code.program)
    return faults
  },
}
