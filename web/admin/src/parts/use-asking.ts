import { computed, ref } from 'vue'

/** Which of several dialogs is open, where one is at most: `asking` names it, and `isAsking` is made for the `open` of each. */
export function useAsking<Dialog extends string>() {
  const asking = ref<Dialog>()
  const isAsking = (dialog: Dialog) =>
    computed({ get: () => asking.value === dialog, set: (open) => (asking.value = open ? dialog : undefined) })
  return { asking, isAsking }
}
