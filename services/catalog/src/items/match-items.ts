import { type RawBuilder, sql, type SqlBool } from 'kysely'
import type { Filter, Test } from './filter.ts'
import { fieldTypes, type ItemField, type Visibility } from './item.ts'

type Condition = RawBuilder<SqlBool>

/** The condition of the rows that somebody may see at all. As constants, so that the indexes over just these rows can be used. */
function visibleTo(visibility: Visibility): Condition {
  return visibility === 'public' ? sql`is_shown and status = 'published'` : sql`is_shown`
}

/** The condition of the rows that somebody may see and asks for. Values are bound; names come from our own list of fields. */
export function matchItems(
  visibility: Visibility,
  { filter, search }: { filter: Filter | undefined; search: string | undefined },
): Condition {
  const asked = [
    ...(filter === undefined ? [] : [compileFilter(filter)]),
    ...(search === undefined ? [] : [compileSearch(search)]),
  ]
  return sql.join([visibleTo(visibility), ...asked], sql` and `)
}

// As the function of the database takes them, over which there is an index.
const searchedTexts = ['name', 'description', 'category', 'category_slug', 'slug', 'sku', 'status']
const searchedNumbers = ['id', 'price', 'stock', 'weight_grams']
// Shorter ones are found without the index, which knows parts of three characters.
const leastIndexed = 3

/** Part of any text of a product, in any case, or a whole number of it. */
function compileSearch(search: string): Condition {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`
  const inText = sql<SqlBool>`product_search_text(${sql.join(searchedTexts.map((field) => sql.ref(field)))}) like lower(${pattern}::text)`
  if (!/^\d{1,15}$/.test(search)) return inText
  const equals = searchedNumbers.map((field) => sql`${sql.ref(field)} = ${Number(search)}::int8`)
  const isNumber = sql.join(equals, sql` or `)
  if (search.length < leastIndexed) return sql`(${inText} or ${isNumber})`
  // Apart from each other: there is no index over the stock, and in one condition the texts would be looked through without theirs, too.
  return sql`id = any(array(
    select id from products where is_shown and ${inText} union all select id from products where is_shown and (${isNumber})
  ))`
}

function compileFilter(filter: Filter): Condition {
  if (filter.kind !== 'condition') {
    if (filter.filters.length === 0) return sql`true`
    return sql`(${sql.join(filter.filters.map(compileFilter), filter.kind === 'every' ? sql` and ` : sql` or `)})`
  }
  return compileTest(filter.field, filter.test, filter.isNegated)
}

const sqlTypes = { integer: sql`int8`, text: sql`text`, timestamp: sql`timestamptz`, json: sql`jsonb` }

// Where a field has no value, neither a comparison nor its opposite holds.
function compileTest(field: ItemField, test: Test, isNegated: boolean): Condition {
  const column = sql.ref(field)
  const type = sqlTypes[fieldTypes[field]]
  const not = isNegated ? sql`not ` : sql``
  switch (test.is) {
    case 'null':
      return test.holds === isNegated ? sql`${column} is not null` : sql`${column} is null`
    case 'empty':
      return test.holds === isNegated ? sql`${column} <> ''` : sql`(${column} is null or ${column} = '')`
    case 'in':
      return isNegated
        ? sql`${column} <> all(${test.values}::${type}[])`
        : sql`${column} = any(${test.values}::${type}[])`
    case 'between':
      return sql`${column} ${not}between ${test.from}::${type} and ${test.to}::${type}`
    case 'like':
      return sql`${column} ${not}${test.ignoresCase ? sql`ilike` : sql`like`} ${test.pattern}::text`
    case '=':
      return sql`${column} ${isNegated ? sql`<>` : sql`=`} ${test.value}::${type}`
    default:
      return sql`${column} ${sql.raw(test.is)} ${test.value}::${type}`
  }
}
