import type { DeskSummary } from '@kakilima/contracts/order/desk'
import type { Order, OrderStatus } from '@kakilima/contracts/order/order'
import { useLiveOrders } from '@kakilima/ui/live-orders'
import { serverNow } from '@kakilima/ui/server-clock'
import { onScopeDispose, shallowRef } from 'vue'
import { readSummary } from './api.ts'
import { atMostEvery } from './at-most-every.ts'
import type { OrderParameters } from './order-filters.ts'
import { useOrderRows } from './use-order-rows.ts'
import type { Sort } from './merge-page.ts'

/** What the desk shows: the filters as the API takes them, and which orders may be in the list at all (none named: all). */
export type DeskView = {
  parameters: OrderParameters
  statuses: readonly OrderStatus[]
  sort: Sort
}

const patchEveryMs = 150
const askEveryMs = 1000
const pollMs = 5000
const justPaidMs = 60_000
const highlightMs = 10_000
const mostRemembered = 5000

/**
 * The orders of the desk as they change. In a sale thousands of changes come in a second: what is shown is patched a few times a second,
 * and the server is asked at most once a second, for new rows and for the counts. `onPaid` is told how many orders were paid just now.
 */
export function useDeskOrders(view: () => DeskView | undefined, onPaid: (count: number) => void) {
  const summary = shallowRef<DeskSummary>()
  /** Paid a moment ago: shown so that the eye finds them. */
  const fresh = shallowRef<ReadonlySet<number>>(new Set())
  const known = new Map<number, Order>()
  const list = useOrderRows(view, known)
  const paid = new Set<number>()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  let changed: Order[] = []

  function note(order: Order): void {
    if ((known.get(order.id)?.version ?? 0) >= order.version) return
    // Taken out first, so that the order of the map says which one was heard of longest ago.
    known.delete(order.id)
    known.set(order.id, order)
    if (known.size > mostRemembered) known.delete(known.keys().next().value!)
    changed.push(order)
    patch()
  }

  const patch = atMostEvery(patchEveryMs, () => {
    const orders = changed
    changed = []
    list.take(orders)
    announce(orders.filter(isJustPaid).map(({ id }) => id))
    refresh()
  })

  function isJustPaid({ id, status, paid_at }: Order): boolean {
    if (status !== 'paid' || paid_at === null || paid.has(id)) return false
    paid.add(id)
    if (paid.size > mostRemembered) paid.delete(paid.keys().next().value!)
    return serverNow() - Date.parse(paid_at) < justPaidMs
  }

  function announce(ids: number[]): void {
    if (ids.length === 0) return
    fresh.value = new Set([...fresh.value, ...ids])
    onPaid(ids.length)
    const timer = setTimeout(() => {
      fresh.value = new Set([...fresh.value].filter((id) => !ids.includes(id)))
      timers.delete(timer)
    }, highlightMs)
    timers.add(timer)
  }

  const refresh = atMostEvery(askEveryMs, async () => {
    await Promise.all([list.catchUp(), count()])
  })

  async function count(): Promise<void> {
    try {
      summary.value = await readSummary()
    } catch (caught) {
      list.error.value = caught
    }
  }

  const { isLive } = useLiveOrders({
    onOrder: note,
    onReady: () => {
      list.readAgain()
      refresh()
    },
  })
  // Where nobody tells, somebody has to ask; and what could not be read is read as soon as that works.
  const poll = setInterval(() => {
    if (isLive.value && list.error.value === undefined) return
    list.readAgain()
    refresh()
  }, pollMs)
  onScopeDispose(() => {
    clearInterval(poll)
    for (const timer of timers) clearTimeout(timer)
  })
  void count()

  return {
    ...list,
    summary,
    fresh,
    isLive,
    /** Reads what is shown anew. */
    reload() {
      list.readAgain()
      refresh()
    },
  }
}
