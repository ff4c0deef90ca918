import { Visitor } from 'oxc-parser'
import { isTest, type Fault, type Rule, type SourceFile } from './source.ts'

const maxLines = 350

export const fileLength: Rule = {
  name: 'file-length',
  remedy:
    'Split the file by word: one verb, noun or concept each. Schemas, migrations, tests and generated files are exempt.',
  find(file) {
    const lines = file.text.trimEnd().split('\n').length
    if (file.code === undefined || isExempt(file.path) || lines <= maxLines) return []
    return [{ line: maxLines + 1, found: `has ${lines} lines, ${maxLines} are allowed` }]
  },
}

function isExempt(path: string): boolean {
  return isTest(path) || /^packages\/contracts\/src\/|\/migrations\/|\/generated\/|\.generated\.\w+$/.test(path)
}

export const noBarrels: Rule = {
  name: 'no-barrels',
  remedy: 'Import from the file itself; the exports map in package.json lists the public files.',
  find({ code }) {
    const body = code?.program.body ?? []
    const passesOn = body.filter(
      (node) =>
        node.type === 'ExportAllDeclaration' ||
        (node.type === 'ExportNamedDeclaration' && node.declaration === null && node.specifiers.length > 0),
    )
    const imports = body.filter((node) => node.type === 'ImportDeclaration')
    if (passesOn.length === 0 || passesOn.length + imports.length < body.length) return []
    return [{ line: 1, found: 'only passes on what other files export' }]
  },
}

export const erasable: Rule = {
  name: 'erasable',
  remedy:
    'Use a union of literals or an `as const` object instead of an enum, and a file instead of a namespace: Node strips types only.',
  find(file) {
    const faults: Fault[] = []
    if (file.code === undefined) return faults
    new Visitor({
      TSEnumDeclaration: ({ start, id }) =>
        faults.push({ line: file.lineAt(start), found: `declares enum ${id.name}` }),
      TSModuleDeclaration({ start, kind, id }) {
        // `declare module 'vitest'` adds to the types of a package, which is erased.
        if (kind === 'namespace' && id.type === 'Identifier')
          faults.push({ line: file.lineAt(start), found: `declares namespace ${id.name}` })
      },
    }).visit(file.code.program)
    return faults
  },
}

export const openTasks: Rule = {
  name: 'open-tasks',
  remedy: 'Do it now, or open an issue and name it in the comment: `TODO #12: …`.',
  find: (file) =>
    commentLines(file)
      .filter(({ text }) => /\b(TODO|FIXME)\b/.test(text) && !/#\d+/.test(text))
      .map(({ line, text }) => ({ line, found: `leaves "${text.trim()}" without an issue` })),
}

export const silencedChecks: Rule = {
  name: 'silenced-checks',
  remedy:
    'Mend the code. Where the check is wrong, silence that one rule and say why: `// oxlint-disable-next-line rule -- reason`.',
  find(file) {
    const faults: Fault[] = []
    for (const { line, text } of commentLines(file)) {
      const directive = /^\W*(?:eslint|oxlint)-disable(?:-next-line|-line)?\b(.*)/.exec(text)
      // A rule's name, two dashes, and words.
      if (directive !== null && !/^\s+[\w@/(),\s-]*?\w\s+--\s+\w.*/.test(directive[1]!))
        faults.push({ line, found: `silences the linter without rule and reason: ${text.trim()}` })
      const types = /^\W*@ts-(ignore|nocheck|expect-error)\b(.*)/.exec(text)
      if (types !== null && (types[1] !== 'expect-error' || !/\w{2,}/.test(types[2]!)))
        faults.push({ line, found: `silences the type checker: ${text.trim()}; give @ts-expect-error a reason` })
    }
    return faults
  },
}

function commentLines(file: SourceFile): { line: number; text: string }[] {
  if (file.code !== undefined) {
    return file.code.comments.flatMap(({ value, start }) =>
      value.split('\n').map((text, index) => ({ line: file.lineAt(start) + index, text })),
    )
  }
  const marker = file.path.endsWith('.sql') ? /--(.*)/ : /\.ya?ml$/.test(file.path) ? /#(.*)/ : undefined
  if (marker === undefined) return []
  return file.text.split('\n').flatMap((text, index) => {
    const comment = marker.exec(text)?.[1]
    return comment === undefined ? [] : [{ line: index + 1, text: comment }]
  })
}
