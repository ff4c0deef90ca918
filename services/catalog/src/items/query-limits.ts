/** How much one question may ask. Whoever asks for more is answered 400, before the database hears of it. */
export const queryLimits = {
  /** Items in an answer where nobody says how many. */
  defaultItems: 100,
  /** Levels of a filter, one in the other. */
  filterDepth: 10,
  /** Conditions of a filter, and the knots that hold them together. */
  filterEntries: 200,
  /** Values in all the lists of a filter. */
  listValues: 1000,
  /** Characters of a value that is compared. */
  textLength: 2000,
  /** Characters of what is looked for inside a text. */
  patternLength: 200,
  /** Names in `fields`, `groupBy` and the aggregates. */
  fieldNames: 100,
  /** Names in `sort`. */
  sortKeys: 10,
  /** Parameters in an address, and items of an array that is spelled with brackets. */
  parameters: 1000,
  arrayItems: 200,
  /** Bytes of a question in a body. */
  bodyBytes: 100 * 1024,
} as const
