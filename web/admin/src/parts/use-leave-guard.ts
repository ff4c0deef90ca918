import { ref, watch } from 'vue'
import { onBeforeRouteLeave } from 'vue-router'
import { useEventListener } from './use-event-listener.ts'

/**
 * Asks before the reader leaves a page with work that would be lost: `isAsking` opens the question, `leave` answers it. Closing the window
 * is asked by the browser.
 */
export function useLeaveGuard(wouldLose: () => boolean) {
  const isAsking = ref(false)
  let answer: (mayLeave: boolean) => void = () => undefined

  onBeforeRouteLeave(() => {
    if (!wouldLose()) return true
    isAsking.value = true
    return new Promise<boolean>((resolve) => (answer = resolve))
  })
  watch(isAsking, (asks) => {
    if (!asks) answer(false)
  })
  useEventListener(window, 'beforeunload', (event) => {
    if (wouldLose()) event.preventDefault()
  })

  return { isAsking, leave: async () => answer(true) }
}
