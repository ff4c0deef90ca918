/**
 * Whether a text names a time zone of the IANA list, `Asia/Jakarta`, in capitals or not. Names in the way of POSIX are none: PostgreSQL
 * takes `GMT+7` and reckons seven hours to the west with it, and `XYZ+99` for something.
 */
export function isTimeZone(name: string): boolean {
  // Engines also take offsets, which have no name and know no summer.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}
