import { type MaybeRefOrGetter, toValue, watchEffect } from 'vue'

import { shopName } from './shop.ts'

/** Keeps the title of the document while a page is shown. */
export function usePageTitle(title: MaybeRefOrGetter<string | undefined>): void {
  watchEffect(() => {
    const text = toValue(title)
    document.title = text === undefined || text === '' ? shopName : `${text} · ${shopName}`
  })
}
