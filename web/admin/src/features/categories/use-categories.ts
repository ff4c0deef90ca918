import { type Category, imageTypes, largestImageBytes } from '@kakilima/contracts/inventory'
import { tell } from '@kakilima/ui/toasts'
import { useQuery, useQueryCache } from '@pinia/colada'
import { reactive } from 'vue'
import { useI18n } from 'vue-i18n'
import { moved } from '../../parts/use-reorder.ts'
import { storeOrTakeBack } from '../../parts/store-or-take-back.ts'
import { problemText } from '../../problem-text.ts'
import { changeCategory, createCategory, deleteCategory, listCategories, removePicture, setPicture } from './api.ts'

const key = ['categories']

/** The categories of the shop and what staff do with them. What the shop refuses goes back, or is thrown to the dialog that asked. */
export function useCategories() {
  const { t } = useI18n()
  const cache = useQueryCache()
  const { data: categories, error, refetch } = useQuery({ key, query: listCategories })
  /** How much of a category's picture was sent, 0 to 1, by its id. */
  const sent = reactive(new Map<number, number>())

  const show = (list: Category[]) => cache.setQueryData(key, list)
  const put = (category: Category) =>
    show((categories.value ?? []).map((shown) => (shown.id === category.id ? category : shown)))

  async function create(name: string): Promise<void> {
    const category = await createCategory(name)
    show([...(categories.value ?? []), category])
    tell(t('categories.created', { name: category.name }))
  }

  async function rename({ id }: Category, name: string): Promise<void> {
    put(await changeCategory(id, { name }))
  }

  async function remove({ id, name }: Category): Promise<void> {
    await deleteCategory(id)
    show((categories.value ?? []).filter((shown) => shown.id !== id))
    tell(t('categories.deleted', { name }))
  }

  /** Shows the new order at once, and stores the places that differ. */
  async function move(from: number, to: number): Promise<void> {
    const before = categories.value ?? []
    if (to < 0 || to >= before.length) return
    const after = moved(before, from, to).map((category, position) => ({ ...category, position }))
    show(after)
    const placeBefore = new Map(before.map(({ id, position }) => [id, position]))
    async function store(): Promise<void> {
      for (const { id, position } of after) if (placeBefore.get(id) !== position) await changeCategory(id, { position })
    }
    // Some places may be stored by now.
    if (!(await storeOrTakeBack(store, () => show(before)))) void refetch()
  }

  async function choosePicture(category: Category, file: File): Promise<void> {
    if (!(imageTypes as readonly string[]).includes(file.type)) return tell(t('categories.wrongType'))
    if (file.size > largestImageBytes) return tell(t('categories.tooLarge'))
    sent.set(category.id, 0)
    try {
      put(await setPicture(category.id, file, (part, all) => sent.set(category.id, part / all)))
      tell(t('categories.pictureSaved', { name: category.name }))
    } catch (failure) {
      tell(problemText(failure))
    } finally {
      sent.delete(category.id)
    }
  }

  async function dropPicture(category: Category): Promise<void> {
    put({ ...category, image: null })
    await storeOrTakeBack(
      async () => put(await removePicture(category.id)),
      () => put(category),
    )
  }

  return { categories, error, refetch, sent, create, rename, remove, move, choosePicture, dropPicture }
}
