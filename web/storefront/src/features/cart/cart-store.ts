import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { mostUnits, type CartLine, readLines } from './cart.ts'

const storageKey = 'kakilima.cart'

/** What the customer means to buy, kept on this device and the same in every tab. */
export const useCart = defineStore('cart', () => {
  const lines = ref<CartLine[]>(readLines(localStorage.getItem(storageKey)))

  watch(lines, (value) => localStorage.setItem(storageKey, JSON.stringify(value)), { deep: true, flush: 'sync' })
  // Only other tabs hear this; writing back what they wrote would go round in circles.
  window.addEventListener('storage', ({ key, newValue }) => {
    if (key === storageKey && newValue !== JSON.stringify(lines.value)) lines.value = readLines(newValue)
  })

  const count = computed(() => lines.value.reduce((sum, { quantity }) => sum + quantity, 0))
  const total = computed(() => lines.value.reduce((sum, { price, quantity }) => sum + price * quantity, 0))

  function quantityOf(productId: number): number {
    return lines.value.find((line) => line.product_id === productId)?.quantity ?? 0
  }

  /** Puts so many more of a product in, as far as there are any. Returns how many were put in. */
  function add(product: Omit<CartLine, 'quantity'>, quantity: number): number {
    const before = quantityOf(product.product_id)
    const after = Math.min(before + quantity, product.stock, mostUnits)
    if (after <= before) return 0
    if (before === 0) lines.value.push({ ...product, quantity: after })
    else
      lines.value = lines.value.map((line) =>
        line.product_id === product.product_id ? { ...product, quantity: after } : line,
      )
    return after - before
  }

  function setQuantity(productId: number, quantity: number): void {
    lines.value = lines.value.map((line) => (line.product_id === productId ? { ...line, quantity } : line))
  }

  function remove(productId: number): CartLine | undefined {
    const gone = lines.value.find((line) => line.product_id === productId)
    lines.value = lines.value.filter((line) => line.product_id !== productId)
    return gone
  }

  function replace(all: CartLine[]): void {
    lines.value = all
  }

  return { lines, count, total, quantityOf, add, setQuantity, remove, replace }
})
