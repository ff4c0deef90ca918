/** How many rows a page under `/api/v1` holds when the caller does not say. */
export const defaultPageSize = 100

/** The text of a query with the parameters that have a value: `limit=20&after=3`. */
export function queryOf(parameters: Record<string, string | number | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query.set(name, String(value))
  return query.toString()
}
