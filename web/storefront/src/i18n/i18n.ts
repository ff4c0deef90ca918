import type { Language } from '@kakilima/contracts/language'
import { createI18n } from 'vue-i18n'
import { languages } from '../shop.ts'
import indonesian from './id.ts'

const storageKey = 'kakilima.language'

const messages: Record<string, typeof indonesian> = { id: indonesian }

/** Indonesian comes with the page; English is fetched when somebody wants it. */
export const i18n = createI18n({
  legacy: false,
  locale: 'id',
  fallbackLocale: 'id',
  messages,
})

/** Shows everything in a language. */
export async function showLanguage(language: Language): Promise<void> {
  if (language === 'en') i18n.global.setLocaleMessage('en', (await import('./en.ts')).default)
  i18n.global.locale.value = language
  document.documentElement.lang = language
}

/** The same, and from now on always on this device. */
export async function chooseLanguage(language: Language): Promise<void> {
  await showLanguage(language)
  localStorage.setItem(storageKey, language)
}

/** The language that was chosen on this device, as long as the shop offers it; otherwise its first one. */
export function chosenLanguage(): Language {
  const chosen = localStorage.getItem(storageKey)
  return languages.find((language) => language === chosen) ?? languages[0]!
}
