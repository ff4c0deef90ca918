import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/**
 * A text that stands in the address of the page, so that it can be shared, kept and gone back to: `?cari=sari`. `fallback` is what it is
 * where the address says nothing.
 */
export function useQueryText<Text extends string = string>(name: string, fallback: Text): WritableComputedRef<Text> {
  const route = useRoute()
  const router = useRouter()
  return computed({
    get: () => (typeof route.query[name] === 'string' ? (route.query[name] as Text) : fallback),
    set(text) {
      const query = { ...route.query }
      if (text === fallback) delete query[name]
      else query[name] = text
      void router.replace({ query })
    },
  })
}
