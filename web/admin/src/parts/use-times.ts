import { serverNow } from '@kakilima/ui/server-clock'
import { useI18n } from 'vue-i18n'
import { useShop } from '../features/shop/shop-store.ts'

const minuteMs = 60_000
const units = [
  ['day', 24 * 60 * minuteMs],
  ['hour', 60 * minuteMs],
  ['minute', minuteMs],
] as const

/** Writes moments as people of the shop do: in the language of the page and the time zone of the shop, wherever the reader is. */
export function useTimes() {
  const { d, locale } = useI18n()
  const shop = useShop()
  const inZone = (iso: string, options: Intl.DateTimeFormatOptions) =>
    d(new Date(iso), { ...options, timeZone: shop.timeZone })
  return {
    /** `27 Nov 2026, 14.05` */
    time: (iso: string) => inZone(iso, { dateStyle: 'medium', timeStyle: 'short' }),
    /** With seconds, where the order of things matters. */
    exactTime: (iso: string) => inZone(iso, { dateStyle: 'medium', timeStyle: 'medium' }),
    date: (iso: string) => inZone(iso, { dateStyle: 'medium' }),
    /** `5 menit yang lalu` */
    ago(iso: string): string {
      const passedMs = Math.max(0, serverNow() - Date.parse(iso))
      const words = new Intl.RelativeTimeFormat(locale.value, { numeric: 'auto' })
      for (const [unit, ms] of units) if (passedMs >= ms) return words.format(-Math.floor(passedMs / ms), unit)
      return words.format(-Math.floor(passedMs / 1000), 'second')
    },
  }
}
