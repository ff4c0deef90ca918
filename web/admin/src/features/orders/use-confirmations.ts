import type { Confirmations } from '@kakilima/contracts/order/desk'
import type { Order } from '@kakilima/contracts/order/order'
import { tell } from '@kakilima/ui/toasts'
import { ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { problemText } from '../../problem-text.ts'
import { confirmOrders, mostAtOnce } from './api.ts'

export type Outcome = Confirmations['results'][number]['outcome'] | 'failed'
const done = new Set<Outcome>(['confirmed', 'already-confirmed', 'confirming'])

type Shown = {
  /** Shows orders as confirmed, before they are. */
  pretend: (ids: ReadonlySet<number>) => void
  /** Ends that: they are, or they are shown as they were. */
  settle: (ids: ReadonlySet<number>, isDone: boolean) => void
}

/**
 * Confirms orders, a hundred with a call: asked for, shown as done at once, and told what became of each. What could not be stored is
 * shown as it was. `isAsking` opens the dialog that asks, works and tells.
 */
export function useConfirmations({ pretend, settle }: Shown) {
  const { t } = useI18n()
  const orders = shallowRef<Order[]>([])
  const isAsking = ref(false)
  const isWorking = ref(false)
  const doneCount = ref(0)
  /** The numbers of the orders by what became of them, once it is told. */
  const results = shallowRef<Map<Outcome, number[]>>()
  const problem = ref('')

  function ask(some: Order[]): void {
    if (isWorking.value || some.length === 0) return
    orders.value = some
    results.value = undefined
    problem.value = ''
    doneCount.value = 0
    isAsking.value = true
  }

  async function confirm(): Promise<void> {
    if (isWorking.value) return
    isWorking.value = true
    const ids = orders.value.map(({ id }) => id)
    const found = new Map<Outcome, number[]>()
    pretend(new Set(ids))
    for (let from = 0; from < ids.length; from += mostAtOnce) {
      const some = ids.slice(from, from + mostAtOnce)
      // After a failure the rest is not tried: staff are told, and decide.
      const outcomes = problem.value === '' ? await outcomesOf(some) : some.map((id) => [id, 'failed'] as const)
      for (const [id, outcome] of outcomes) {
        settle(new Set([id]), done.has(outcome))
        found.set(outcome, [...(found.get(outcome) ?? []), id])
      }
      doneCount.value += some.length
    }
    isWorking.value = false
    tellResults(found, ids.length)
  }

  async function outcomesOf(ids: number[]): Promise<(readonly [number, Outcome])[]> {
    try {
      return (await confirmOrders(ids)).map(({ order_id, outcome }) => [order_id, outcome] as const)
    } catch (error) {
      problem.value = problemText(error)
      return ids.map((id) => [id, 'failed'] as const)
    }
  }

  function tellResults(found: Map<Outcome, number[]>, count: number): void {
    if (found.get('confirmed')?.length === count) {
      isAsking.value = false
      tell(t('orders.dialog.allDone', { count }))
      return
    }
    results.value = found
    isAsking.value = true
  }

  return { orders, isAsking, isWorking, doneCount, results, problem, ask, confirm }
}
