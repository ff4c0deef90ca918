import { defaultListLimit, type ListQuery } from '@kakilima/contracts/lists'
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

/** Says how many rows fit on all pages of a list together. */
export const totalCountHeader = 'x-total-count'

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
  parameter: 'after' | 'before' | 'cursor',
  id: number | string | undefined,
): void {
  if (id === undefined) return
  const next = new URL(request.url, 'http://localhost')
  next.searchParams.set(parameter, String(id))
  reply.header('link', `<${next.pathname}${next.search}>; rel="next"`)
}

/** What the `Link` header of an answer names as the next page: the value of this parameter there. Undefined at the end. */
export function nextPageOf(link: string | string[] | undefined, parameter: 'cursor'): string | undefined {
  const path = /^<([^>]*)>; rel="next"$/.exec(String(link ?? ''))?.[1]
  return path === undefined ? undefined : (new URL(path, 'http://localhost').searchParams.get(parameter) ?? undefined)
}
