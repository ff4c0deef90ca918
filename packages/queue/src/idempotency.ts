import { hash } from 'node:crypto'
import { problem } from '@kakilima/contracts/problems'
import type { NewOrder } from './queue.ts'

/** A fingerprint of what is ordered, by which a key that comes again with something else is known. */
export function hashOf({ lines }: NewOrder): string {
  const fields = lines.map((line) => [line.product_id, line.quantity])
  return hash('sha256', JSON.stringify(fields), 'base64url')
}

export function keyReused(): Error {
  return problem('idempotency-key-reused', 'This Idempotency-Key was used before with another body')
}
