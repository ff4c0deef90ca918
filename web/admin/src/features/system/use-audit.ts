import { useQuery, useQueryCache } from '@pinia/colada'
import { onScopeDispose, ref } from 'vue'
import { readAudit, startAudit } from './api.ts'

const pollMs = 1000
const patienceMs = 120_000

/** The last audit, and the way to a new one: `run` returns whether its result is there, or false when it takes longer than one waits. */
export function useAudit() {
  const key = ['system', 'audit']
  const cache = useQueryCache()
  const { data, error, refetch } = useQuery({ key, query: ({ signal }) => readAudit(signal) })
  const isRunning = ref(false)
  let isOver = false
  onScopeDispose(() => (isOver = true))

  async function run(): Promise<boolean> {
    isRunning.value = true
    try {
      const before = (await readAudit())?.checked_at
      await startAudit()
      const until = performance.now() + patienceMs
      while (!isOver && performance.now() < until) {
        await new Promise((resolve) => setTimeout(resolve, pollMs))
        const report = await readAudit()
        if (report !== null && report.checked_at !== before) {
          cache.setQueryData(key, report)
          return true
        }
      }
      return false
    } finally {
      isRunning.value = false
    }
  }
  return { report: data, error, refetch, isRunning, run }
}
