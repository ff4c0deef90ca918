import { randomBytes } from 'node:crypto'

/** A password of 20 characters that nobody can guess. */
export function generatePassword(): string {
  return randomBytes(15).toString('base64url')
}
