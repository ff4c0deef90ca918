import { createI18n } from 'vue-i18n'
import { auditLog } from './words/audit-log.ts'
import { categories } from './words/categories.ts'
import { common } from './words/common.ts'
import { customers } from './words/customers.ts'
import { home } from './words/home.ts'
import { layout } from './words/layout.ts'
import { order } from './words/order.ts'
import { orders } from './words/orders.ts'
import { parts } from './words/parts.ts'
import { problems } from './words/problems.ts'
import { products } from './words/products.ts'
import { session } from './words/session.ts'
import { settings } from './words/settings.ts'
import { sheets } from './words/sheets.ts'
import { staff } from './words/staff.ts'
import { stock } from './words/stock.ts'
import { system } from './words/system.ts'
import { webhooks } from './words/webhooks.ts'

export type Language = 'id' | 'en'
/** The same as the storefront's: whoever chose a language in one has it in the other. */
const storageKey = 'kakilima.language'

/** The words of each feature, under its name: `$t('session.signIn')`. Each has both languages in one file. */
const words = {
  auditLog,
  categories,
  common,
  customers,
  home,
  layout,
  order,
  orders,
  parts,
  problems,
  products,
  session,
  settings,
  sheets,
  staff,
  stock,
  system,
  webhooks,
}

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
