import { forbiddenField, invalidQuery } from './directus-error.ts'
import { fieldTypes, isItemField, type ItemField } from './item.ts'
import { readNames } from './names.ts'
import { queryLimits } from './query-limits.ts'

/** A name to sort by, not yet looked up. */
export type NamedSort = { name: string; isDescending: boolean }
export type SortKey = { field: ItemField; isDescending: boolean }

/** Reads `-price,name`. */
export function readSort(given: unknown): NamedSort[] {
  const names = readNames('sort', given) ?? []
  if (names.length > queryLimits.sortKeys) throw invalidQuery('"sort" has too many names')
  return names.map((name) =>
    name.startsWith('-') ? { name: name.slice(1), isDescending: true } : { name, isDescending: false },
  )
}

export function toSortKey({ name, isDescending }: NamedSort): SortKey {
  if (!isItemField(name)) throw forbiddenField(name)
  if (fieldTypes[name] === 'json') throw invalidQuery(`"${name}" cannot be sorted by`)
  return { field: name, isDescending }
}
