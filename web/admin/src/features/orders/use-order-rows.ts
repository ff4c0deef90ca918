import { publicOrderEndpoints } from '@kakilima/contracts/gateway/order-endpoints'
import type { DeskOrder } from '@kakilima/contracts/order/desk'
import type { Order } from '@kakilima/contracts/order/order'
import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { call } from '../../desk-api.ts'
import { mergePage } from './merge-page.ts'
import type { DeskView } from './use-desk-orders.ts'

const pageSize = 100
const longestPage = 1000
/** How far somebody may have scrolled and still wants new rows to come in above. */
const nearTopPx = 300

/**
 * The rows of the desk. `known` are orders that were told of live: a row never shows an older version than one of them. `take` patches
 * what is shown and notes what has to be read for it; `catchUp` reads that, once.
 */
export function useOrderRows(view: () => DeskView | undefined, known: ReadonlyMap<number, Order>) {
  const rows = shallowRef<DeskOrder[]>()
  const error = shallowRef<unknown>()
  const isLoading = ref(false)
  const hasMore = ref(false)
  /** New orders above, which would push away what somebody reads further down. */
  const above = ref(0)
  /** Rows that are shown as they will be, as they were before. */
  const held = new Map<number, DeskOrder>()
  let asking = new AbortController()
  /** From which row on the list has to be read again: `top`, or the id before it. */
  let gap: number | 'top' | undefined
  let readRows = pageSize

  const queryOf = ({ parameters, sort }: DeskView, from: number | undefined, limit: number) => ({
    ...parameters,
    sort,
    limit,
    [sort === 'oldest' ? 'after' : 'before']: from,
  })

  const fits = ({ id, status }: Order) => {
    const statuses = view()?.statuses ?? []
    return held.has(id) || statuses.length === 0 || statuses.includes(status)
  }
  const newest = (row: DeskOrder): DeskOrder => {
    const told = known.get(row.id)
    return told !== undefined && told.version > row.version ? { ...told, customer: row.customer } : row
  }

  /** Reads a page and hands it on with the id where it ends, if more follows; unless other rows are wanted by then. */
  async function ask(
    from: number | undefined,
    limit: number,
    use: (page: DeskOrder[], end: number | undefined) => void,
  ): Promise<void> {
    const wanted = view()
    if (wanted === undefined) return
    const own = asking
    try {
      const query = queryOf(wanted, from, limit)
      const page = await call(publicOrderEndpoints.listOrders, { query, signal: own.signal })
      if (own.signal.aborted) return
      error.value = undefined
      const shown = page.rows.map((row) => newest({ ...row, customer: row.customer ?? null }))
      use(shown.filter(fits), page.next === undefined ? undefined : page.rows.at(-1)?.id)
    } catch (caught) {
      if (!own.signal.aborted) error.value = caught
    }
  }

  async function begin(): Promise<void> {
    asking.abort()
    asking = new AbortController()
    const own = asking
    rows.value = undefined
    error.value = undefined
    above.value = 0
    gap = undefined
    isLoading.value = true
    await ask(undefined, pageSize, (page, end) => {
      rows.value = page
      hasMore.value = end !== undefined
    })
    if (own === asking) isLoading.value = false
  }

  async function loadMore(): Promise<void> {
    const last = rows.value?.at(-1)
    if (!hasMore.value || isLoading.value || last === undefined) return
    const own = asking
    isLoading.value = true
    await ask(last.id, pageSize, (page, end) => {
      const ids = new Set(rows.value?.map(({ id }) => id))
      rows.value = [...(rows.value ?? []), ...page.filter(({ id }) => !ids.has(id))]
      hasMore.value = end !== undefined
    })
    if (own === asking) isLoading.value = false
  }

  function take(orders: Order[]): void {
    const { value: shown } = rows
    const wanted = view()
    if (shown === undefined || wanted === undefined) return
    rows.value = shown.map(newest)
    const ids = new Set(shown.map(({ id }) => id))
    for (const order of orders) if (!ids.has(order.id) && fits(order)) noteGap(order.id, shown, wanted)
  }

  /** Notes that an order that is not shown may belong between the rows. */
  function noteGap(id: number, shown: DeskOrder[], { sort }: DeskView): void {
    const [first, last] = [shown[0]?.id, shown.at(-1)?.id]
    if (sort === 'oldest') {
      // Behind what is shown: it comes once somebody gets there.
      if (hasMore.value && last !== undefined && id > last) return
      if (gap !== 'top') gap = Math.min(gap ?? id - 1, id - 1)
    } else if (first === undefined || id > first) {
      if (window.scrollY > nearTopPx) above.value++
      else gap = 'top'
    } else if (!(hasMore.value && last !== undefined && id < last) && gap !== 'top')
      gap = Math.max(gap ?? id + 1, id + 1)
  }

  /** Takes out what no longer belongs here, and reads what may be missing. */
  async function catchUp(): Promise<void> {
    if (rows.value === undefined) return error.value === undefined ? undefined : begin()
    rows.value = rows.value.filter(fits)
    if (rows.value.length === 0 && hasMore.value) gap = 'top'
    if (gap === undefined || view() === undefined) return
    const from = gap === 'top' ? undefined : gap
    const limit = readRows
    gap = undefined
    readRows = pageSize
    await ask(from, limit, (page, end) => {
      const merged = mergePage(rows.value ?? [], page, { sort: view()!.sort, from, end })
      rows.value = merged.rows
      if (end === undefined) hasMore.value = false
      else if (merged.isReplaced || merged.rows.at(-1)?.id === page.at(-1)?.id) hasMore.value = true
      if (from === undefined) above.value = 0
    })
    // What could not be read is still missing.
    if (error.value !== undefined) gap = from ?? 'top'
  }

  /** Lets the next `catchUp` read all that is shown, as far as one page goes. */
  function readAgain(): void {
    gap = 'top'
    readRows = Math.min(longestPage, Math.max(pageSize, rows.value?.length ?? 0))
  }

  /** Shows orders as they will be once what is being done is done: `settle` follows. */
  function pretend(ids: ReadonlySet<number>, change: Partial<DeskOrder>): void {
    rows.value = rows.value?.map((row) => {
      if (!ids.has(row.id)) return row
      held.set(row.id, row)
      return { ...row, ...change }
    })
  }

  /** What was done is done, or failed: then the rows are as they were, or newer where something newer was told of them meanwhile. */
  function settle(ids: ReadonlySet<number>, isDone: boolean): void {
    rows.value = rows.value?.map((row) => {
      const before = held.get(row.id)
      return before !== undefined && ids.has(row.id) && !isDone && row.version <= before.version ? before : row
    })
    for (const id of ids) held.delete(id)
  }

  watch(() => JSON.stringify(view()), begin, { immediate: true })
  onScopeDispose(() => asking.abort())
  return { rows, error, isLoading, hasMore, above, begin, loadMore, take, catchUp, readAgain, pretend, settle }
}
