/** What a list may be paged by: the rows after an id, before one, or from where a cursor of the service's own making says. */
export type PageParameter = 'after' | 'before' | 'cursor'

/** Says how many rows fit on all pages of a list together. */
export const totalCountHeader = 'x-total-count'

/** What a `Link` header names as the next page: the parameters that ask for it. Undefined at the end. */
export function nextOf(
  link: string | undefined,
  page: PageParameter | readonly PageParameter[],
): Record<string, number | string> | undefined {
  const address = /^<([^>]*)>; rel="next"$/.exec(link ?? '')?.[1]
  if (address === undefined) return undefined
  const { searchParams } = new URL(address, 'http://localhost')
  const found = [page].flat().flatMap((name) => {
    const text = searchParams.get(name)
    return text === null ? [] : [[name, /^[1-9]\d{0,14}$/.test(text) ? Number(text) : text]]
  })
  return Object.fromEntries(found)
}
