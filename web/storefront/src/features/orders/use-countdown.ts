import { serverNow } from '@kakilima/ui/server-clock'
import { computed, type MaybeRefOrGetter, onScopeDispose, ref, toValue } from 'vue'

/** How much time is left until a moment by the server's clock, in milliseconds, four times a second. Undefined where there is no deadline. */
export function useCountdown(endsAt: MaybeRefOrGetter<string | null | undefined>) {
  const now = ref(serverNow())
  const timer = setInterval(() => (now.value = serverNow()), 250)
  onScopeDispose(() => clearInterval(timer))
  return computed(() => {
    const end = toValue(endsAt)
    return end === null || end === undefined ? undefined : Math.max(0, Date.parse(end) - now.value)
  })
}
