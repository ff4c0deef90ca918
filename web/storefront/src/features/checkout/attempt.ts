const storageKey = 'kakilima.attempt'

type Attempt = { key: string; items: string }

/**
 * The idempotency key of an attempt to order these items. It is kept until the order is accepted, so that a double tap, a retry after a
 * lost answer and a reload all ask for the same order; other items are another attempt.
 */
export function attemptKey(items: { product_id: number; quantity: number }[]): string {
  const wanted = JSON.stringify(items)
  const stored = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') as Attempt | null
  if (stored?.items === wanted) return stored.key
  const attempt: Attempt = { key: newKey(), items: wanted }
  sessionStorage.setItem(storageKey, JSON.stringify(attempt))
  return attempt.key
}

/** The order is accepted: the next one is another. */
export function finishAttempt(): void {
  sessionStorage.removeItem(storageKey)
}

// Not `crypto.randomUUID`, which browsers keep from pages that come by plain HTTP, as those of a shop in the local network do.
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
