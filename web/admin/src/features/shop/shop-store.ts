import { nameOfShop } from '@kakilima/ui/page-title'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { read } from '../../desk-api.ts'

/** What the desk needs to know of the shop. */
type ShopProfile = { name: string; logo: { url: string } | null; time_zone: string; low_stock_at: number }

/** The shop as its settings say, read once when the desk opens and noted again when they are changed. */
export const useShop = defineStore('shop', () => {
  const profile = ref<ShopProfile>()
  const name = computed(() => profile.value?.name ?? nameOfShop())
  const timeZone = computed(() => profile.value?.time_zone ?? 'Asia/Jakarta')
  const lowStockAt = computed(() => profile.value?.low_stock_at ?? 5)

  async function load(): Promise<void> {
    profile.value ??= await read<ShopProfile>('/shop')
  }

  function note(changed: ShopProfile): void {
    profile.value = changed
  }

  return { profile, name, timeZone, lowStockAt, load, note }
})
