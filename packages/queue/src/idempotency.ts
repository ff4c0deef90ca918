import { hash } from 'node:crypto'
import { problem } from '@kakilima/contracts/problems'
import type { NewOrder } from './queue.ts'

/**
 * A fingerprint of all that is asked for, by which a key that comes again with something else is known. What asks for lines alone has the
 * fingerprint that it had when bodies had nothing else, so that a retry is known across an upgrade.
 */
export function hashOf({ body: { version: _, lines, ...others } }: NewOrder): string {
  const text = JSON.stringify(lines) + (Object.keys(others).length === 0 ? '' : JSON.stringify(others))
  return hash('sha256', text, 'base64url')
}

export function keyReused(): Error {
  return problem('idempotency-key-reused', 'This Idempotency-Key was used before with another body')
}
