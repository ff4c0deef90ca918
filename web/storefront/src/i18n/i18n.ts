import type { Language } from '@kakilima/contracts/language'
import { createI18n } from 'vue-i18n'
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

export async function setLanguage(language: Language): Promise<void> {
  if (language === 'en') i18n.global.setLocaleMessage('en', (await import('./en.ts')).default)
  i18n.global.locale.value = language
  document.documentElement.lang = language
  localStorage.setItem(storageKey, language)
}

/** The language that was chosen on this device, Indonesian otherwise. */
export function chosenLanguage(): Language {
  return localStorage.getItem(storageKey) === 'en' ? 'en' : 'id'
}
