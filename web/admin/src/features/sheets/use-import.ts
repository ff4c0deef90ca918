import type { ImportCounts, ImportLine } from '@kakilima/contracts/product-sheets'
import { ProblemError } from '@kakilima/ui/http'
import { computed, onScopeDispose, reactive, ref, shallowRef } from 'vue'
import { queryOf } from '../../desk-api.ts'
import { sendFile } from '../../send-file.ts'

export type SheetError = Extract<ImportLine, { type: 'error' }>
type Done = Extract<ImportLine, { type: 'done' }>

/**
 * Brings a sheet into the shop, or tries it out, and tells how far that is. `progress` goes from 0 to 1 and is undefined while nothing is
 * known. `done` is what came of it; `wasStopped` says that the reader ended it.
 */
export function useImport() {
  const isRunning = ref(false)
  const isDryRun = ref(true)
  const counts = ref<ImportCounts>()
  const errors = ref<SheetError[]>([])
  const done = shallowRef<Done>()
  const failure = shallowRef<unknown>()
  const wasStopped = ref(false)
  const bytes = reactive({ sent: 0, read: 0, all: 0 })
  let stopping: AbortController | undefined

  const progress = computed(() => (bytes.all === 0 ? undefined : bytes.read / bytes.all))
  const isSending = computed(() => isRunning.value && bytes.read === 0)

  async function run(file: File, { dryRun, setStock }: { dryRun: boolean; setStock: boolean }): Promise<void> {
    if (isRunning.value) return
    reset()
    isDryRun.value = dryRun
    isRunning.value = true
    stopping = new AbortController()
    let read = 0
    const take = (text: string) => {
      // What comes last may be half a line.
      const end = text.lastIndexOf('\n') + 1
      for (const line of text.slice(read, end).split('\n')) if (line !== '') takeLine(JSON.parse(line) as ImportLine)
      read = Math.max(read, end)
    }
    try {
      const path = `/products/import${queryOf({ dry_run: dryRun, set_stock: setStock })}`
      const text = await sendFile(path, file, {
        type: 'text/csv',
        signal: stopping.signal,
        onSent: (sent) => (bytes.sent = sent),
        onText: take,
      })
      take(`${text}\n`)
      if (done.value === undefined) throw new ProblemError('offline', 0, 'The answer broke off')
    } catch (error) {
      if (stopping.signal.aborted) wasStopped.value = true
      else failure.value = error
    } finally {
      isRunning.value = false
    }
  }

  function takeLine(line: ImportLine): void {
    if (line.type === 'error') {
      errors.value.push(line)
      return
    }
    const { rows, created, updated, unchanged, failed } = line
    counts.value = { rows, created, updated, unchanged, failed }
    if (line.type === 'progress') Object.assign(bytes, { read: line.read_bytes, all: line.total_bytes })
    if (line.type === 'done') done.value = line
    if (line.type === 'stopped') throw new ProblemError(line.problem, 503, line.detail)
  }

  function stop(): void {
    stopping?.abort()
  }
  function reset(): void {
    counts.value = undefined
    errors.value = []
    done.value = undefined
    failure.value = undefined
    wasStopped.value = false
    Object.assign(bytes, { sent: 0, read: 0, all: 0 })
  }
  onScopeDispose(stop)

  return { isRunning, isDryRun, counts, errors, done, failure, wasStopped, progress, isSending, run, stop, reset }
}
