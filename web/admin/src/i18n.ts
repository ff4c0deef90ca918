import { createI18n } from 'vue-i18n'
import { common } from './words/common.ts'
import { layout } from './words/layout.ts'
import { order } from './words/order.ts'
import { orders } from './words/orders.ts'
import { problems } from './words/problems.ts'
import { session } from './words/session.ts'

export type Language = 'id' | 'en'
/** The same as the storefront's: whoever chose a language in one has it in the other. */
const storageKey = 'kakilima.language'

/** The words of each feature, under its name: `$t('session.signIn')`. Each has both languages in one file. */
const words = { common, layout, order, orders, problems, session }

function inLanguage(language: Language) {
  return Object.fromEntries(Object.entries(words).map(([feature, both]) => [feature, both[language]]))
}

export const i18n = createI18n({
  legacy: false,
  locale: 'id',
  fallbackLocale: 'id',
  messages: { id: inLanguage('id'), en: inLanguage('en') },
})

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  document.documentElement.lang = language
  localStorage.setItem(storageKey, language)
}

/** The language that was chosen on this device, Indonesian otherwise. */
export function chosenLanguage(): Language {
  return localStorage.getItem(storageKey) === 'en' ? 'en' : 'id'
}
