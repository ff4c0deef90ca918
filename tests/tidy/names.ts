import { posix } from 'node:path'
import { Visitor, type BindingPattern, type Expression } from 'oxc-parser'
import type { Fault, Rule } from './source.ts'

// Words that say nothing: whatever bears them could be named by what it does.
const emptyWords = /^(manager|helper|util)s?$/

// Words that have another spelling in this house.
const otherWords = new Map([
  ['qty', 'quantity'],
  ['cancelled', 'canceled'],
  ['catalogue', 'catalog'],
  ['fulfilment', 'fulfillment'],
])

function wordsOf(name: string): string[] {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
}

function faultOf(name: string): string | undefined {
  const word = wordsOf(name).find((part) => otherWords.has(part))
  return word === undefined ? undefined : `says ${word} in ${name}: say ${otherWords.get(word)}`
}

export const identifiers: Rule = {
  name: 'identifiers',
  remedy: 'See docs/vocabulary.md. Name functions, classes and types by what they do or hold.',
  find(file) {
    if (file.path.endsWith('.sql')) return sqlFaults(file.text)
    if (file.code === undefined) return []
    const faults = new Map<string, Fault>()
    const note = (start: number, found: string | undefined) => {
      if (found === undefined) return
      const line = file.lineAt(start)
      // The name of an alias stands for two identifiers on one line.
      faults.set(`${line} ${found}`, { line, found })
    }
    const declared = (id: { name: string; start: number } | null) => {
      if (id !== null && wordsOf(id.name).some((word) => emptyWords.test(word))) note(id.start, `declares ${id.name}`)
    }
    new Visitor({
      Identifier: ({ name, start }) => note(start, faultOf(name)),
      FunctionDeclaration: ({ id }) => declared(id),
      ClassDeclaration: ({ id }) => declared(id),
      TSTypeAliasDeclaration: ({ id }) => declared(id),
      TSInterfaceDeclaration: ({ id }) => declared(id),
      VariableDeclarator: ({ id, init }) => declared(isNamedFunction(id, init) ? id : null),
    }).visit(file.code.program)
    return [...faults.values()]
  },
}

function isNamedFunction(id: BindingPattern, init: Expression | null): id is BindingPattern & { name: string } {
  const kinds = ['ArrowFunctionExpression', 'FunctionExpression', 'ClassExpression']
  return id.type === 'Identifier' && init !== null && kinds.includes(init.type)
}

function sqlFaults(text: string): Fault[] {
  return text.split('\n').flatMap((line, index) =>
    (line.replace(/--.*/, '').match(/\w+/g) ?? []).flatMap((name) => {
      const found = faultOf(name)
      return found === undefined ? [] : [{ line: index + 1, found }]
    }),
  )
}

export const fileNames: Rule = {
  name: 'file-names',
  remedy:
    'Name files in kebab-case after what they export, folders after their noun; never utils, helpers or managers.',
  find({ path }) {
    if (!/^(packages|services|web|tests|deploy)\//.test(path)) return []
    const faults: Fault[] = []
    for (const part of path.split('/')) {
      if (wordsOf(part).some((word) => emptyWords.test(word) || otherWords.has(word)))
        faults.push({ line: 1, found: `has ${part} in its path` })
    }
    const name = posix.basename(path)
    if (/\.(ts|js|mjs)$/.test(name) && !/^[a-z0-9]+(-[a-z0-9]+)*(\.(db|test|config|d))*\.\w+$/.test(name))
      faults.push({ line: 1, found: `is named ${name}, which is not kebab-case` })
    return faults
  },
}
