import type { ListPage } from '@kakilima/ui/http'
import { type MaybeRefOrGetter, onScopeDispose, ref, shallowRef, toValue, watch } from 'vue'
import { readPage } from '../desk-api.ts'

/**
 * A list that the server hands out page by page. `path` is the address of its first page, filters included: when it changes the list
 * begins anew. `reload` reads the first page again and keeps what is shown until it is there.
 */
export function usePages<Row>(path: MaybeRefOrGetter<string>) {
  const rows = shallowRef<Row[]>()
  const total = ref<number>()
  const error = shallowRef<unknown>()
  const isLoading = ref(false)
  let next: string | undefined
  let asking: AbortController | undefined

  async function ask(from: string, take: (page: ListPage<Row>) => void): Promise<void> {
    asking?.abort()
    const own = (asking = new AbortController())
    isLoading.value = true
    error.value = undefined
    try {
      const page = await readPage<Row>(from, { signal: own.signal })
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
    ask(toValue(path), (page) => {
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
    () => toValue(path),
    () => {
      rows.value = undefined
      void reload()
    },
    { immediate: true },
  )
  onScopeDispose(() => asking?.abort())
  return { rows, total, error, isLoading, hasMore: () => next !== undefined, reload, loadMore, patch }
}
