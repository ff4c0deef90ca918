import { onScopeDispose, ref } from 'vue'

const stepMs = 20_000

/** A number that changes now and then, so that what is written relative to now stays true while nobody touches the page. */
export function useMinute() {
  const minute = ref(0)
  const timer = setInterval(() => minute.value++, stepMs)
  onScopeDispose(() => clearInterval(timer))
  return minute
}
