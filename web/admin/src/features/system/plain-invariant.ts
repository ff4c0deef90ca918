const plain: Record<string, string> = {
  'every order that was accepted is decided, set aside, or waits where the worker still comes': 'accepted',
  'one order per customer and idempotency key': 'oneOrder',
  'reserved is within the stock and the sum of the reserved decisions; stock is the sum of the ledger': 'reserved',
  'what a consumed decision took is in the ledger once, and nothing else was sold': 'ledger',
  'every decision and its order tell the same story, line by line': 'decision',
  'a paid order has exactly one completed payment of its total, the one it names; no other money is kept': 'payment',
  'every state change of an order has its one event, and no event is without a change': 'orderEvents',
  'every state change of a payment has its one event, and no event is without a change': 'paymentEvents',
  'orders and payments have the times of the steps that they went, and of no others': 'times',
  'nothing stays in a passing state for longer than a minute': 'passing',
}

/** Under which name the plain words for an invariant of the auditor stand, or undefined for one that this page does not know. */
export function plainInvariant(holds: string): string | undefined {
  return plain[holds]
}
