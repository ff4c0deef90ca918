import { type Image, imageTypes, largestImageBytes, mostImages, type Product } from '@kakilima/contracts/inventory'
import { tell } from '@kakilima/ui/toasts'
import { computed, onScopeDispose, reactive, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { moved } from '../../parts/use-reorder.ts'
import { storeOrTakeBack } from '../../parts/store-or-take-back.ts'
import { problemText } from '../../problem-text.ts'
import { addImage, orderImages, removeImage } from './api.ts'

/** A picture of a product: one that the shop has, or a file that waits to be sent. `part` is how much of it was sent, 0 to 1. */
export type Picture = {
  key: string
  image: Image | undefined
  file: File | undefined
  /** What to show: its address, or that of the file. */
  preview: string
  part: number | undefined
  fault: string | undefined
}

/**
 * The pictures of a product in their order. Those of a product that is stored are sent, moved and taken away at once; for one that is not
 * they wait until `send`. `note` is told each new state of the product.
 */
export function usePictures(note: (product: Product) => void) {
  const { t } = useI18n()
  const pictures = ref<Picture[]>([])
  const productId = ref<number>()
  let lastKey = 0
  let sending: Promise<void> | undefined
  let storedOrder: number[] = []

  const waiting = computed(() => pictures.value.filter(({ image }) => image === undefined))
  const isSending = computed(() => pictures.value.some(({ part }) => part !== undefined))
  const hasFaults = computed(() => pictures.value.some(({ fault }) => fault !== undefined))

  /** Shows the pictures that the shop has, and behind them the files that wait. */
  function fill(product: Product): void {
    productId.value = product.id
    // What is being sent has its place already.
    if (sending !== undefined) return
    storedOrder = product.images.map(({ id }) => id)
    const shown = new Map(pictures.value.map((picture) => [picture.image?.id, picture]))
    const stored = product.images.map((image) => shown.get(image.id) ?? pictureOf({ image }))
    pictures.value = [...stored, ...waiting.value]
  }

  function pictureOf({ image, file }: { image?: Image; file?: File }): Picture {
    const key = image === undefined ? `file-${++lastKey}` : `image-${image.id}`
    const preview = image?.url ?? URL.createObjectURL(file!)
    return reactive<Picture>({ key, image, file, preview, part: undefined, fault: undefined })
  }

  function add(files: Iterable<File>): void {
    for (const file of files) {
      const name = file.name
      if (!(imageTypes as readonly string[]).includes(file.type)) tell(t('products.picture.wrongType', { name }))
      else if (file.size > largestImageBytes) tell(t('products.picture.tooLarge', { name }))
      else if (pictures.value.length >= mostImages) tell(t('products.picture.tooMany', { most: mostImages, name }))
      else {
        pictures.value.push(pictureOf({ file }))
      }
    }
    if (productId.value !== undefined) void send()
  }

  /** Sends the files that wait, one after another, and then their order. Failures stay with their pictures. */
  async function send(): Promise<void> {
    sending ??= sendAll().finally(() => (sending = undefined))
    await sending
  }

  async function sendAll(): Promise<void> {
    let next: Picture | undefined
    const isDue = ({ image, fault }: Picture) => image === undefined && fault === undefined
    while ((next = pictures.value.find(isDue)) !== undefined) await sendOne(next)
    const ids = pictures.value.flatMap(({ image }) => image?.id ?? [])
    if (ids.length > 1 && ids.toString() !== storedOrder.toString()) await storeOrder()
  }

  async function sendOne(picture: Picture): Promise<void> {
    picture.part = 0
    try {
      const known = new Set(pictures.value.map(({ image }) => image?.id))
      const product = await addImage(productId.value!, picture.file!, (sent, all) => (picture.part = sent / all))
      picture.image = product.images.findLast(({ id }) => !known.has(id))
      storedOrder = product.images.map(({ id }) => id)
      note(product)
    } catch (error) {
      picture.fault = problemText(error)
    } finally {
      picture.part = undefined
    }
  }

  function sendAgain(picture: Picture): void {
    picture.fault = undefined
    void send()
  }

  async function move(from: number, to: number): Promise<void> {
    if (to < 0 || to >= pictures.value.length) return
    pictures.value = moved(pictures.value, from, to)
    if (productId.value !== undefined && waiting.value.length === 0) await storeOrder()
  }

  async function storeOrder(): Promise<void> {
    const ids = pictures.value.flatMap(({ image }) => image?.id ?? [])
    async function store(): Promise<void> {
      const product = await orderImages(productId.value!, ids)
      storedOrder = ids
      note(product)
    }
    await storeOrTakeBack(store, () => {
      const before = new Map(storedOrder.map((id, index) => [id, index]))
      const placeOf = ({ image }: Picture) => before.get(image?.id ?? 0) ?? mostImages
      pictures.value = pictures.value.toSorted((a, b) => placeOf(a) - placeOf(b))
    })
  }

  /** Takes a picture away. Throws where the shop refuses. */
  async function remove(picture: Picture): Promise<void> {
    if (picture.image !== undefined) {
      const product = await removeImage(productId.value!, picture.image.id)
      storedOrder = product.images.map(({ id }) => id)
      note(product)
    }
    pictures.value = pictures.value.filter(({ key }) => key !== picture.key)
  }

  /** Forgets the files that were not sent. */
  function drop(): void {
    pictures.value = pictures.value.filter(({ image }) => image !== undefined)
  }

  onScopeDispose(() => {
    for (const { preview } of pictures.value) if (preview.startsWith('blob:')) URL.revokeObjectURL(preview)
  })
  return { pictures, waiting, isSending, hasFaults, fill, add, send, sendAgain, move, remove, drop }
}
