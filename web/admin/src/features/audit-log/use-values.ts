import { paymentMethods } from '@kakilima/contracts/payment'
import { formatRupiah } from '@kakilima/ui/money'
import { useI18n } from 'vue-i18n'
import { useTimes } from '../../parts/use-times.ts'

const amounts = new Set(['price', 'total_price', 'amount', 'unit_price'])
const isoTime = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/

/** Writes the values of an entry as people read them. */
export function useValues() {
  const words = useI18n()
  const { t, n } = words
  const { time } = useTimes()

  function text(field: string, value: unknown): string {
    if (value === null || value === undefined || value === '') return t('auditLog.empty')
    if (typeof value === 'boolean') return t(value ? 'common.yes' : 'common.no')
    if (typeof value === 'number') return amounts.has(field) ? formatRupiah(value) : n(value)
    if (typeof value === 'string') return ofText(field, value)
    if (Array.isArray(value)) return value.map((each) => text(field, each)).join(', ') || t('auditLog.empty')
    return Object.entries(value)
      .map(([name, each]) => `${name}: ${text(name, each)}`)
      .join(', ')
  }
  function ofText(field: string, value: string): string {
    if (isoTime.test(value)) return time(value)
    const key =
      field === 'role'
        ? `session.role.${value}`
        : paymentMethods.some((method) => method === value)
          ? `order.method.${value}`
          : field === 'status'
            ? `order.status.${value}`
            : ''
    return key !== '' && words.te(key, 'id') ? t(key) : value
  }
  return {
    text,
    field(name: string): string {
      const key = `auditLog.fields.${name}`
      return words.te(key, 'id') ? t(key) : name
    },
  }
}
