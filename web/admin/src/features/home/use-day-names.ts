import { useI18n } from 'vue-i18n'

/** Names of days that stand as `2026-11-27` in a report: days of the shop, whatever the zone of the reader. */
export function useDayNames() {
  const { d } = useI18n()
  const named = (day: string, options: Intl.DateTimeFormatOptions) =>
    d(new Date(`${day}T12:00:00Z`), { ...options, timeZone: 'UTC' })
  return {
    /** `27 Nov` */
    short: (day: string) => named(day, { day: 'numeric', month: 'short' }),
    /** `Jumat, 27 November` */
    long: (day: string) => named(day, { weekday: 'long', day: 'numeric', month: 'long' }),
  }
}
