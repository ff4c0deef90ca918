import type { Shop } from '@kakilima/contracts/shop'
import { nameOfShop } from '@kakilima/ui/page-title'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { read } from '../../desk-api.ts'

/** The shop as its settings say, read once when the desk opens and noted again when they are changed. */
export const useShop = defineStore('shop', () => {
  const profile = ref<Shop>()
  const name = computed(() => profile.value?.name ?? nameOfShop())
  const timeZone = computed(() => profile.value?.time_zone ?? 'Asia/Jakarta')
  const lowStockAt = computed(() => profile.value?.low_stock_at ?? 5)

  /** Its picture as `ShopLogo` takes it, where it has one. */
  const logo = computed(() => {
    const image = profile.value?.logo
    return image
      ? { src: image.url, srcset: image.srcset ?? undefined, width: image.width, height: image.height }
      : undefined
  })

  async function load(): Promise<void> {
    profile.value ??= await read<Shop>('/shop')
  }

  function note(changed: Shop): void {
    profile.value = changed
  }

  return { profile, name, logo, timeZone, lowStockAt, load, note }
})
