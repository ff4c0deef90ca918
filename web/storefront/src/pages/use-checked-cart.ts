import { ref } from 'vue'
import { type CartChange, checkCart } from '../features/cart/cart.ts'
import { useCart } from '../features/cart/cart-store.ts'
import { productsOf } from '../features/catalog/api.ts'

/** Holds the cart against what the shop has now. What has changed stays told until the page is left. */
export function useCheckedCart() {
  const cart = useCart()
  const changes = ref<CartChange[]>([])
  const isChecking = ref(false)
  const failure = ref<unknown>()

  /** Returns whether the cart was as the customer saw it. Throws nothing: see `failure`. */
  async function check(): Promise<boolean> {
    isChecking.value = true
    failure.value = undefined
    try {
      const products = await productsOf(cart.lines.map(({ product_id: id }) => id))
      const checked = checkCart(cart.lines, products)
      cart.replace(checked.lines)
      changes.value = [
        ...changes.value.filter(({ name }) => !checked.changes.some((change) => change.name === name)),
        ...checked.changes,
      ]
      return checked.changes.length === 0
    } catch (error) {
      failure.value = error
      return false
    } finally {
      isChecking.value = false
    }
  }

  return { cart, changes, isChecking, failure, check }
}
