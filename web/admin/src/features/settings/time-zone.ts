/** Whether a text names a time zone that this browser can reckon in. */
export function isTimeZone(text: string): boolean {
  if (!text.includes('/') && text.trim() !== 'UTC') return false
  try {
    return new Intl.DateTimeFormat('id', { timeZone: text.trim() }).resolvedOptions().timeZone !== ''
  } catch {
    // A RangeError is how it says that there is no such zone.
    return false
  }
}
