import type { LiveMessage } from '@kakilima/contracts/live'
import type { Order } from '@kakilima/contracts/order/order'
import { onScopeDispose, ref } from 'vue'

const firstPauseMs = 500
const longestPauseMs = 15_000

/**
 * Listens to the changes of the customer's orders for as long as the component lives, and connects again after every break. `onOrder` is
 * told of each change, `onReady` that changes are told from now on, so that what was missed must be read. `isLive` says whether a
 * connection stands; while it does not, whoever needs to know has to ask.
 */
export function useLiveOrders({ onOrder, onReady }: { onOrder: (order: Order) => void; onReady: () => void }) {
  const isLive = ref(false)
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let failures = 0
  let isOver = false

  function connect(): void {
    clearTimeout(timer)
    if (isOver || socket !== undefined) return
    const url = new URL('/api/v1/live', location.href)
    url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
    const opened = new WebSocket(url)
    socket = opened
    opened.addEventListener('message', ({ data }: MessageEvent<string>) => {
      const message = JSON.parse(data) as LiveMessage
      if (message.type === 'order.updated') return onOrder(message.order)
      failures = 0
      isLive.value = true
      onReady()
    })
    opened.addEventListener('close', () => {
      socket = undefined
      isLive.value = false
      const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** failures++) * (0.5 + Math.random() / 2)
      if (!isOver) timer = setTimeout(connect, pauseMs)
    })
  }

  // No reason to wait any longer.
  const connectNow = () => {
    failures = 0
    connect()
  }
  window.addEventListener('online', connectNow)
  connect()
  onScopeDispose(() => {
    isOver = true
    clearTimeout(timer)
    window.removeEventListener('online', connectNow)
    socket?.close()
  })
  return { isLive }
}
