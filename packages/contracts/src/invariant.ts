/** Stops what can't happen: `invariant(rows.length === 1, 'an order has one row')`. What it guards is a fault of ours, never of a caller. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}
