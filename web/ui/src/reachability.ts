import { onAnswer } from './http.ts'
import { onScopeDispose, ref } from 'vue'
import { useQueryCache } from '@pinia/colada'

const firstPauseMs = 1000
const longestPauseMs = 15_000

/**
 * Whether the shop can be reached, judged by the last question that was asked of it. While it is away it is asked again and again, and
 * once it is back whatever the page shows is read anew.
 */
export function useReachability(onBack: () => void) {
  const isAway = ref(false)
  const cache = useQueryCache()
  let timer: ReturnType<typeof setTimeout> | undefined
  let tries = 0

  async function probe(): Promise<void> {
    clearTimeout(timer)
    try {
      await fetch('/livez', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
      note(true)
    } catch {
      // Still away: that is what was asked.
      timer = setTimeout(() => void probe(), Math.min(longestPauseMs, firstPauseMs * 2 ** tries++))
    }
  }

  function note(isThere: boolean): void {
    if (isThere === !isAway.value) return
    isAway.value = !isThere
    tries = 0
    if (!isThere) {
      timer = setTimeout(() => void probe(), firstPauseMs)
      return
    }
    clearTimeout(timer)
    onBack()
    void cache.invalidateQueries()
  }

  const stop = onAnswer(note)
  const wentOffline = () => note(false)
  const cameOnline = () => void probe()
  window.addEventListener('offline', wentOffline)
  window.addEventListener('online', cameOnline)
  onScopeDispose(() => {
    stop()
    clearTimeout(timer)
    window.removeEventListener('offline', wentOffline)
    window.removeEventListener('online', cameOnline)
  })
  return { isAway }
}
