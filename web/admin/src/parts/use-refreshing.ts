import { onScopeDispose } from 'vue'

/**
 * Does `refresh` every `everyMs` for as long as the component lives and somebody sees the page, and at once when it is seen again. The
 * next time is counted from the end of the last, so that a slow shop is not asked twice at once.
 */
export function useRefreshing(refresh: () => Promise<unknown>, everyMs: number): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  let isOver = false

  async function turn(): Promise<void> {
    clearTimeout(timer)
    if (document.hidden) return
    await refresh()
    plan()
  }
  function plan(): void {
    clearTimeout(timer)
    if (!isOver) timer = setTimeout(() => void turn(), everyMs)
  }

  const seen = () => void turn()
  document.addEventListener('visibilitychange', seen)
  plan()
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', seen)
  })
}
