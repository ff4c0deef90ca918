import { posix } from 'node:path'
import { parseSync, Visitor, type Comment, type Program } from 'oxc-parser'

export type Import = { specifier: string; line: number; isType: boolean; names: string[] }

/** A file as the rules see it. `code` is missing for what is neither TypeScript nor JavaScript. */
export type SourceFile = {
  path: string
  text: string
  lineAt: (offset: number) => number
  code?: { program: Program; comments: Comment[]; imports: Import[] }
}

/** Every path of the repository, and the files that were read. */
export type Tree = { paths: Set<string>; sources: Map<string, SourceFile> }

export type Fault = { line: number; found: string }

/** What must hold. `find` looks at one file and tells where it doesn't; the remedy says what to do then. */
export type Rule = { name: string; remedy: string; find: (file: SourceFile, tree: Tree) => Fault[] }

const codeFile = /\.(ts|js|mjs|vue)$/

export function readSource(path: string, text: string): SourceFile {
  const lineAt = (offset: number) => text.slice(0, offset).split('\n').length
  const file = { path, text, lineAt }
  if (!codeFile.test(path)) return file
  const isVue = path.endsWith('.vue')
  const { program, comments, module } = parseSync(isVue ? `${path}.ts` : path, isVue ? keepScripts(text) : text)

  const imports: Import[] = module.staticImports.map(({ start, moduleRequest, entries }) => ({
    specifier: moduleRequest.value,
    line: lineAt(start),
    // `import './x.ts'` runs the file, so it is no import of types.
    isType: entries.length > 0 && entries.every((entry) => entry.isType),
    names: entries.map((entry) => entry.importName.name ?? entry.importName.kind),
  }))
  for (const { start, entries } of module.staticExports) {
    const specifier = entries.find((entry) => entry.moduleRequest !== null)?.moduleRequest?.value
    const isType = entries.every((entry) => entry.isType)
    if (specifier !== undefined) imports.push({ specifier, line: lineAt(start), isType, names: [] })
  }
  new Visitor({
    ImportExpression({ source, start }) {
      if (source.type !== 'Literal' || typeof source.value !== 'string') return
      imports.push({ specifier: source.value, line: lineAt(start), isType: false, names: [] })
    },
    TSImportType({ source, start }) {
      imports.push({ specifier: source.value, line: lineAt(start), isType: true, names: [] })
    },
  }).visit(program)
  return { ...file, code: { program, comments, imports } }
}

// Blanks all but the scripts, so that lines keep their numbers.
function keepScripts(text: string): string {
  const blank = (part: string) => part.replaceAll(/[^\n]/g, ' ')
  let kept = ''
  let end = 0
  for (const script of text.matchAll(/(?<=<script[^>]*>).*?(?=<\/script>)/gs)) {
    kept += blank(text.slice(end, script.index)) + script[0]
    end = script.index + script[0].length
  }
  return kept + blank(text.slice(end))
}

/** The path that a relative import names, from the root of the repository, or undefined for an import of a package. */
export function targetOf(file: SourceFile, specifier: string): string | undefined {
  return specifier.startsWith('.') ? posix.join(posix.dirname(file.path), specifier) : undefined
}

export function isTest(path: string): boolean {
  return path.endsWith('.test.ts') || path.startsWith('tests/')
}
