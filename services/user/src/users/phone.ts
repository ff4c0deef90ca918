import { problem } from '@kakilima/contracts/problems'
import { parsePhoneNumberFromString } from 'libphonenumber-js'

/**
 * The E.164 form of a phone number, or undefined where no plausible number is in the text. A number without a country code is an
 * Indonesian one: `08…`, `8…`, `62…` and `+62…` are the same.
 */
export function normalizePhone(text: string): string | undefined {
  const digits = text.trim()
  // Without its plus, `62…` would be read as a national number.
  const candidates = /^\(?62/.test(digits) ? [`+${digits.replace(/^\(/, '')}`, digits] : [digits]
  for (const candidate of candidates) {
    const phone = parsePhoneNumberFromString(candidate, { defaultCountry: 'ID', extract: false })
    if (phone?.isPossible()) return phone.number
  }
  return undefined
}

const fewestDigits = 4

/**
 * How the E.164 form of the numbers begins that somebody may mean who typed this, whole or in part, or undefined where it is no beginning
 * of a number: `0812 34`, `812-34` and `+62 812 34` are the same.
 */
export function phonePrefix(text: string): string | undefined {
  const typed = text.trim()
  const digits = typed.replaceAll(/\D/g, '')
  if (!/^[+\d\s().-]+$/.test(typed) || digits.length < fewestDigits) return undefined
  const whole = normalizePhone(typed)
  if (whole !== undefined) return whole
  if (typed.startsWith('+') || digits.startsWith('62')) return `+${digits}`
  return `+62${digits.replace(/^0/, '')}`
}

/** The E.164 form of what a customer gave as `phone`. Throws where no plausible number is in it. */
export function requirePhone(text: string): string {
  const number = normalizePhone(text)
  if (number !== undefined) return number
  throw problem('invalid-input', 'body.phone is not a plausible phone number', {
    errors: [{ pointer: '/phone', detail: 'is not a plausible phone number' }],
  })
}
