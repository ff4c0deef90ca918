type Values = Record<string, string | number | boolean | undefined>

/** An endpoint's path with its parameters filled in, and those of the query that have a value: `/orders/7/notes?limit=20`. */
export function addressOf(path: string, { params = {}, query = {} }: { params?: Values; query?: Values }): string {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(String(params[name])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value))
  // A thousand ids with their commas written out would be too long for an address.
  return search.size === 0 ? filled : `${filled}?${search.toString().replaceAll('%2C', ',')}`
}
