import type { QueueStatus } from '@kakilima/contracts/system'
import { type Ref, ref, watch } from 'vue'

/** How many orders a minute are decided, from what the queue said twice. */
export function useDecisionSpeed(queue: Ref<QueueStatus | undefined>) {
  const perMinute = ref<number>()
  let last: { decided: number; at: number } | undefined
  watch(queue, (status) => {
    if (status === undefined) return
    const now = { decided: status.decided, at: performance.now() }
    if (last !== undefined && now.at > last.at)
      perMinute.value = Math.max(0, Math.round(((now.decided - last.decided) / (now.at - last.at)) * 60_000))
    last = now
  })
  return perMinute
}
