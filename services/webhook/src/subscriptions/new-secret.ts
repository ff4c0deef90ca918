import { randomBytes } from 'node:crypto'

/** A secret as Standard Webhooks have it: 32 random bytes. */
export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`
}
