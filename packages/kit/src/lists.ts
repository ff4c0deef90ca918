import type { Page } from '@kakilima/contracts/endpoint'
import { defaultListLimit, type ListQuery } from '@kakilima/contracts/lists'
import type { PageParameter } from '@kakilima/contracts/paging'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { SelectQueryBuilder } from 'kysely'

/**
 * Runs a list's query by the rules of paging (see `ListQuery`), always in ascending id. `query` selects the rows, `idColumn` is what is
 * paged by. Returns at most `limit` rows and whether there are more after them.
 */
export async function page<Tables, Table extends keyof Tables, Row>(
  query: SelectQueryBuilder<Tables, Table, Row>,
  idColumn: keyof Tables[Table] & string,
  { limit, after }: ListQuery,
): Promise<{ rows: Row[]; hasMore: boolean }> {
  const id = idColumn as any
  if (limit === undefined && after === undefined) {
    const newest = await query.orderBy(id, 'desc').limit(defaultListLimit).execute()
    return { rows: newest.toReversed(), hasMore: false }
  }
  const size = limit ?? defaultListLimit
  const rows = await query
    .where(id, '>', after ?? 0)
    .orderBy(id)
    .limit(size + 1)
    .execute()
  return { rows: rows.slice(0, size), hasMore: rows.length > size }
}

/** The last id of a page, as what its list is paged by: `pageBy('before', await listNewestOrders(…))`. */
export function pageBy<By extends 'after' | 'before', Row extends { id: number }>(
  by: By,
  { rows, hasMore }: { rows: Row[]; hasMore: boolean },
): Page<Row, Partial<Record<By, number>>> {
  const last = rows.at(-1)
  const next = hasMore && last !== undefined ? ({ [by]: last.id } as Partial<Record<By, number>>) : undefined
  return { rows, next }
}

/** Names the page after the last id in a `Link` header while there is one. */
export function linkNextPage(
  request: FastifyRequest,
  reply: FastifyReply,
  hasMore: boolean,
  lastId: number | undefined,
): void {
  linkPage(request, reply, 'after', hasMore ? lastId : undefined)
}

/** Names the next page in a `Link` header: this request with another `parameter`, unless there is no more. */
export function linkPage(
  request: FastifyRequest,
  reply: FastifyReply,
  parameter: PageParameter,
  id: number | string | undefined,
): void {
  if (id !== undefined) linkNext(request, reply, { [parameter]: id })
}

/** Names the next page in a `Link` header: this request with these parameters. */
export function linkNext(
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Partial<Record<PageParameter, number | string>>,
): void {
  const next = new URL(request.url, 'http://localhost')
  for (const [name, value] of Object.entries(parameters)) next.searchParams.set(name, String(value))
  reply.header('link', `<${next.pathname}${next.search}>; rel="next"`)
}
