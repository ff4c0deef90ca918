import type { Db } from '@kakilima/kit/database'
import { type RawBuilder, sql } from 'kysely'
import type { CatalogTables } from '../database.ts'
import type { Aggregate, Aggregation } from './aggregation.ts'
import type { Item } from './find-items.ts'
import type { Visibility } from './item.ts'
import { matchItems } from './match-items.ts'
import type { ItemsQuery } from './query.ts'

/**
 * One item for each group: what the group has in common, and below the name of each operation its results by field. Counts, sums and
 * averages are text, as long numbers are not for JavaScript. Without anything to group by or to take there is an empty item for each row.
 */
export async function aggregateItems(
  db: Db<CatalogTables>,
  visibility: Visibility,
  query: ItemsQuery,
  { aggregates, groupBy, sort }: Aggregation,
): Promise<Item[]> {
  const groups = groupBy.map((field) => sql.ref(field))
  const columns = [
    ...groups,
    ...aggregates.map((one, index) => sql`${compileAggregate(one)} as ${sql.id(`a${index}`)}`),
  ]
  const order = [
    ...sort.map(({ by, isDescending }) => {
      const key = by === 'rows' ? sql`count(*)` : sql.ref(by)
      return isDescending ? sql`${key} desc` : key
    }),
    ...groups,
  ]
  const { rows } = await sql<Item>`
    select ${listOf('', columns)} from products where ${matchItems(visibility, query)}
    ${listOf('group by ', groups)} ${listOf('order by ', order)} limit ${query.limit} offset ${query.offset}
  `.execute(db)
  return rows.map((row) => presentGroup(row, aggregates, groupBy))
}

function compileAggregate({ operation, field }: Aggregate): RawBuilder<unknown> {
  const column = field === '*' ? sql`*` : sql.ref(field)
  switch (operation) {
    case 'count':
    case 'countAll':
      return sql`count(${column})::text`
    case 'countDistinct':
      return sql`count(distinct ${column})::text`
    case 'sum':
      return sql`sum(${column})::text`
    case 'sumDistinct':
      return sql`sum(distinct ${column})::text`
    case 'avg':
      return sql`avg(${column})::text`
    case 'avgDistinct':
      return sql`avg(distinct ${column})::text`
    case 'min':
      return sql`min(${column})`
    case 'max':
      return sql`max(${column})`
  }
}

function listOf(keyword: string, parts: RawBuilder<unknown>[]): RawBuilder<unknown> {
  return parts.length === 0 ? sql`` : sql`${sql.raw(keyword)}${sql.join(parts)}`
}

function presentGroup(row: Item, aggregates: Aggregate[], groupBy: string[]): Item {
  const group: Item = Object.fromEntries(groupBy.map((field) => [field, row[field]]))
  for (const [index, { operation, field }] of aggregates.entries()) {
    const result = row[`a${index}`]
    if (field === '*') group[operation] = result
    else
      group[operation] = Object.assign(typeof group[operation] === 'object' ? group[operation]! : {}, {
        [field]: result,
      })
  }
  return group
}
