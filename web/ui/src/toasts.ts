import { reactive } from 'vue'

export type Toast = { id: number; text: string; action?: { label: string; run: () => void } }

const shownMs = 5000
let lastId = 0

/** What is told in passing, the newest last. */
export const toasts = reactive<Toast[]>([])

/** Tells something in passing. It is read aloud, and goes by itself. */
export function tell(text: string, action?: Toast['action']): void {
  const id = ++lastId
  toasts.push({ id, text, ...(action !== undefined && { action }) })
  setTimeout(() => dismiss(id), shownMs)
}

export function dismiss(id: number): void {
  const index = toasts.findIndex((toast) => toast.id === id)
  if (index >= 0) toasts.splice(index, 1)
}
