import { type MaybeRefOrGetter, toValue, watchEffect } from 'vue'

const shopName = document.querySelector('meta[property="og:site_name"]')?.getAttribute('content') ?? 'Kakilima'

/** The name of the shop, as the page that came from the server says. */
export function nameOfShop(): string {
  return shopName
}

/** Keeps the title of the document while a page is shown. */
export function usePageTitle(title: MaybeRefOrGetter<string | undefined>): void {
  watchEffect(() => {
    const text = toValue(title)
    document.title = text === undefined || text === '' ? shopName : `${text} · ${shopName}`
  })
}
