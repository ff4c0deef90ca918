import type { AnswerOf, CallInput, Page, PublicEndpoint } from '@kakilima/contracts/endpoint'
import { type MaybeRefOrGetter, onScopeDispose, ref, shallowRef, toValue, watch } from 'vue'
import { call, readPage } from '../desk-api.ts'

type RowOf<E extends PublicEndpoint> = AnswerOf<E> extends Page<infer Row, unknown> ? Row : never

/**
 * A list that the server hands out page by page: `usePages(publicOrderEndpoints.listOrders, () => ({ query: { user_id } }))`. When what is
 * asked for changes the list begins anew. `reload` reads the first page again and keeps what is shown until it is there.
 */
export function usePages<E extends PublicEndpoint>(endpoint: E, input: MaybeRefOrGetter<CallInput<E>>) {
  return usePagesOf<RowOf<E>, object>(
    () => JSON.stringify(toValue(input)),
    async (next, signal) => {
      const first = toValue(input)
      const query = { ...('query' in first && (first.query as object)), ...next }
      return (await call(endpoint, { ...first, query, signal })) as Page<RowOf<E>, object>
    },
  )
}

/** The same by the address of the first page. */
export function usePagesAt<Row>(path: MaybeRefOrGetter<string>) {
  return usePagesOf<Row, string>(
    () => toValue(path),
    (next, signal) => readPage<Row>(next ?? toValue(path), { signal }),
  )
}

/** `key` says what is asked for, and `read` reads the page where `next` begins. */
function usePagesOf<Row, Next>(
  key: () => string,
  read: (next: Next | undefined, signal: AbortSignal) => Promise<Page<Row, Next>>,
) {
  const rows = shallowRef<Row[]>()
  const total = ref<number>()
  const error = shallowRef<unknown>()
  const isLoading = ref(false)
  let next: Next | undefined
  let asking: AbortController | undefined

  async function ask(from: Next | undefined, take: (page: Page<Row, Next>) => void): Promise<void> {
    asking?.abort()
    const own = (asking = new AbortController())
    isLoading.value = true
    error.value = undefined
    try {
      const page = await read(from, own.signal)
      if (own.signal.aborted) return
      next = page.next
      take(page)
    } catch (caught) {
      // Whoever asked anew meanwhile gets the answer.
      if (!own.signal.aborted) error.value = caught
    } finally {
      if (asking === own) isLoading.value = false
    }
  }

  const reload = () =>
    ask(undefined, (page) => {
      rows.value = page.rows
      total.value = page.total
    })

  async function loadMore(): Promise<void> {
    if (next === undefined || isLoading.value) return
    await ask(next, (page) => (rows.value = [...(rows.value ?? []), ...page.rows]))
  }

  /** Puts a changed row in the place of the old one, or takes it out where `change` returns undefined. */
  function patch(isIt: (row: Row) => boolean, change: (row: Row) => Row | undefined): void {
    rows.value = rows.value?.flatMap((row) => (isIt(row) ? (change(row) ?? []) : [row]))
  }

  watch(
    key,
    () => {
      rows.value = undefined
      void reload()
    },
    { immediate: true },
  )
  onScopeDispose(() => asking?.abort())
  return { rows, total, error, isLoading, hasMore: () => next !== undefined, reload, loadMore, patch }
}
