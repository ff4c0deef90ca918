import { useLiveOrders } from '@kakilima/ui/live-orders'
import { useQuery } from '@pinia/colada'
import { computed, type MaybeRefOrGetter, onScopeDispose, toValue } from 'vue'
import { useRefreshing } from '../../parts/use-refreshing.ts'
import { readBeginnings, readLowStock, readReport, readSummary } from './api.ts'

const everyMs = 30_000
/** Orders may come by the hundreds: what they change together is read once. */
const throttleMs = 3000

/** All that the home page shows, read anew while it is seen and soon after any order changes. */
export function useHome(timeZone: MaybeRefOrGetter<string>, lowStockAt: MaybeRefOrGetter<number>) {
  const report = useQuery({
    key: () => ['home', 'report', toValue(timeZone)],
    query: ({ signal }) => readReport(toValue(timeZone), signal),
  })
  const summary = useQuery({ key: ['home', 'summary'], query: ({ signal }) => readSummary(signal) })
  const lowStock = useQuery({
    key: () => ['home', 'low-stock', toValue(lowStockAt)],
    query: ({ signal }) => readLowStock(toValue(lowStockAt), signal),
  })
  const isQuiet = computed(
    () => report.data.value?.days.every(({ placed, paid }) => placed === 0 && paid === 0) === true,
  )
  const beginnings = useQuery({
    key: ['home', 'beginnings'],
    query: ({ signal }) => readBeginnings(signal),
    enabled: isQuiet,
  })
  const all = [report, summary, lowStock]

  async function refresh(): Promise<void> {
    const asked = isQuiet.value ? [...all, beginnings] : all
    // What fails stands in `error` of its own question.
    await Promise.all(asked.map((query) => query.refetch()))
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  const soon = () => {
    timer ??= setTimeout(() => {
      timer = undefined
      void refresh()
    }, throttleMs)
  }
  useLiveOrders({ onOrder: soon, onReady: () => undefined })
  useRefreshing(refresh, everyMs)
  onScopeDispose(() => clearTimeout(timer))

  /** Nobody ever ordered here. Undefined until that is known. */
  const isNew = computed(() => {
    if (report.data.value === undefined) return undefined
    return isQuiet.value ? beginnings.data.value && !beginnings.data.value.hasOrders : false
  })
  const error = computed(() => all.map((query) => query.error.value).find((found) => found !== null))
  return {
    report: report.data,
    summary: summary.data,
    lowStock: lowStock.data,
    beginnings: beginnings.data,
    isNew,
    error,
    refresh,
  }
}
