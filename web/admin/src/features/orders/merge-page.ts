export type Sort = 'newest' | 'oldest'

/**
 * Puts a page that was read anew into the rows that are shown: in the stretch of ids that the page covers it says what there is, beyond it
 * the rows stay. The stretch begins behind `from` (or with the first there is) and ends with `end` (or with the last there is). A page
 * from the beginning that does not reach down to the rows that are shown takes their place, for between them are rows that nobody read.
 */
export function mergePage<Row extends { id: number; version: number }>(
  rows: Row[],
  page: Row[],
  { sort, from, end }: { sort: Sort; from: number | undefined; end: number | undefined },
): { rows: Row[]; isReplaced: boolean } {
  const isBefore = (a: number, b: number) => (sort === 'oldest' ? a < b : a > b)
  const first = rows[0]
  if (end !== undefined && from === undefined && first !== undefined && isBefore(end, first.id))
    return { rows: page, isReplaced: true }
  const known = new Map(rows.map((row) => [row.id, row]))
  const fresh = page.map((row) => {
    const old = known.get(row.id)
    return old !== undefined && old.version > row.version ? old : row
  })
  const ahead = from === undefined ? [] : rows.filter(({ id }) => id === from || isBefore(id, from))
  const behind = end === undefined ? [] : rows.filter(({ id }) => isBefore(end, id))
  return { rows: [...ahead, ...fresh, ...behind], isReplaced: false }
}
