const dayMs = 24 * 60 * 60 * 1000

/** The moment when a day such as `2026-11-27` begins in a time zone, in ISO. */
export function startOfDay(day: string, timeZone: string): string {
  const asUtc = Date.parse(day)
  // The zone's distance from UTC may differ between the two where clocks are changed on that day.
  const near = asUtc - aheadOfUtcMs(asUtc, timeZone)
  return new Date(asUtc - aheadOfUtcMs(near, timeZone)).toISOString()
}

export function dayAfter(day: string): string {
  return new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10)
}

function aheadOfUtcMs(atMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(atMs)
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) - atMs
}
