import type { TimelineEntry } from '@kakilima/contracts/order/desk'
import type { Payment } from '@kakilima/contracts/payment'
import { tell } from '@kakilima/ui/toasts'
import { computed, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { storeOrTakeBack } from '../../parts/store-or-take-back.ts'
import { addNote, cancelOrder, markRefunded } from './api.ts'
import type { useOrder } from './use-order.ts'

/** What staff do to an order: shown as done at once, and taken back where it could not be stored. */
export function useOrderChanges(
  id: number,
  { order, payments, timeline, pretend, note, refresh }: ReturnType<typeof useOrder>,
) {
  const { t } = useI18n()
  /** A note that is being written, and those that are being stored. */
  const draft = ref('')
  const sending = shallowRef<TimelineEntry[]>([])
  const entries = computed(() =>
    timeline.value === undefined
      ? undefined
      : [...timeline.value, ...sending.value.map((entry) => ({ ...entry, isPending: true }))],
  )

  async function run(work: () => Promise<unknown>, takeBack: () => void): Promise<boolean> {
    const isStored = await storeOrTakeBack(work, takeBack)
    refresh()
    return isStored
  }

  async function cancel(): Promise<void> {
    const takeBack = pretend({ status: 'canceled', payment_status: false })
    const isDone = await run(async () => {
      const canceled = await cancelOrder(id)
      note({ ...canceled, customer: order.value?.customer ?? null })
    }, takeBack)
    if (isDone) tell(t('order.canceled'))
  }

  async function refund(payment: Payment, reference: string): Promise<void> {
    const put = (one: Payment) => (payments.value = payments.value?.map((known) => (known.id === one.id ? one : known)))
    put({ ...payment, state: 'refunded', refund_reference: reference })
    const isDone = await run(
      async () => put(await markRefunded(payment.id, reference)),
      () => put(payment),
    )
    if (isDone) tell(t('order.refund.marked'))
  }

  async function send(text: string): Promise<void> {
    const pending: TimelineEntry = { at: new Date().toISOString(), type: 'note', actor: null, data: { text } }
    sending.value = [...sending.value, pending]
    draft.value = ''
    const leave = () => (sending.value = sending.value.filter((entry) => entry !== pending))
    await run(
      async () => {
        const { author, created_at } = await addNote(id, text)
        leave()
        timeline.value = [...(timeline.value ?? []), { ...pending, at: created_at, actor: author }]
      },
      () => {
        leave()
        // Whatever was begun meanwhile stays below it.
        draft.value = draft.value === '' ? text : `${text}\n${draft.value}`
      },
    )
  }

  return { draft, entries, cancel, refund, send }
}
