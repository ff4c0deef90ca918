import type { Product } from '@kakilima/contracts/inventory'
import { tell } from '@kakilima/ui/toasts'
import { useI18n } from 'vue-i18n'
import { storeOrTakeBack } from '../../parts/store-or-take-back.ts'
import { changeProduct, countStock } from './api.ts'
import type { ProductStatus } from './product-search.ts'

type Patch = (id: number, change: (row: Product) => Product) => void

/** The newer of two states of a product: an answer may come after a later one. */
export function newerOf(shown: Product, answer: Product): Product {
  return answer.version >= shown.version ? answer : shown
}

/**
 * Changes products of a list so that it shows at once. What the shop refuses goes back, and is told. `patch` puts a changed product in the
 * place of the shown one. Each change returns whether it was taken.
 */
export function useProductChanges(patch: Patch) {
  const { t } = useI18n()

  async function change(
    before: Product,
    shown: Partial<Product>,
    save: () => Promise<Product>,
  ): Promise<Product | undefined> {
    patch(before.id, (row) => ({ ...row, ...shown }))
    const old = Object.fromEntries(Object.keys(shown).map((key) => [key, before[key as keyof Product]]))
    let saved: Product | undefined
    async function store(): Promise<void> {
      const answer = await save()
      patch(before.id, (row) => newerOf(row, answer))
      saved = answer
    }
    // Whoever changed it meanwhile knows better how it is.
    await storeOrTakeBack(store, () =>
      patch(before.id, (row) => (row.version > before.version ? row : { ...row, ...old })),
    )
    return saved
  }

  async function setPrice(product: Product, price: number): Promise<boolean> {
    return (await change(product, { price }, () => changeProduct(product.id, { price }))) !== undefined
  }

  /** Takes a count of the units on hand. `seen` is how many stood there when counting began. */
  async function setStock(product: Product, counted: number, seen: number): Promise<boolean> {
    const saved = await change(product, { stock: counted, available: counted - product.reserved }, () =>
      countStock(product.id, counted, seen),
    )
    if (saved !== undefined && saved.stock !== counted)
      tell(t('products.stockMoved', { name: saved.name, stock: saved.stock }))
    return saved !== undefined
  }

  async function setStatus(product: Product, status: ProductStatus): Promise<void> {
    const saved = await change(product, { status }, () => changeProduct(product.id, { status }))
    if (saved === undefined) return
    const undo = () =>
      void change(saved, { status: product.status }, () => changeProduct(saved.id, { status: product.status }))
    tell(t(`products.became.${status}`, { name: product.name }), { label: t('common.undo'), run: undo })
  }

  return { setPrice, setStock, setStatus }
}
