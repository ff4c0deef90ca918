/** Whether a text names a time zone that this browser can reckon in. */
export function isTimeZone(text: string): boolean {
  if (!text.includes('/') && text.trim() !== 'UTC') return false
  try {
    new Intl.DateTimeFormat('id', { timeZone: text.trim() })
    return true
  } catch {
    // A RangeError is how it says that there is no such zone.
    return false
  }
}
