import type { Account } from '@kakilima/contracts/account'
import type { Language } from '@kakilima/contracts/language'
import { ask, ProblemError } from '@kakilima/ui/http'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { i18n } from '../../i18n/i18n.ts'

/** Only a hint that a session may be there: the session itself rests in a cookie that no script can read. */
const hintKey = 'kakilima.signed-in'

type SignedIn = { user: Account }

/** Who is signed in on this device, with an account or as a guest. */
export const useSession = defineStore('session', () => {
  const user = ref<Account>()
  const mayBeSignedIn = ref(localStorage.getItem(hintKey) !== null)
  let asked: Promise<void> | undefined

  const isGuest = computed(() => user.value?.email === null)

  function note(account: Account | undefined): void {
    user.value = account
    mayBeSignedIn.value = account !== undefined
    if (account === undefined) localStorage.removeItem(hintKey)
    else localStorage.setItem(hintKey, '1')
  }

  /** Asks who is signed in, once. Nobody is asked where nobody ever signed in. */
  async function load(): Promise<void> {
    if (user.value !== undefined || !mayBeSignedIn.value) return
    asked ??= look().finally(() => (asked = undefined))
    await asked
  }

  async function look(): Promise<void> {
    try {
      note(await ask<Account>('/api/v1/me'))
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 401)) throw error
      note(undefined)
    }
  }

  async function signIn(email: string, password: string): Promise<void> {
    note((await ask<SignedIn>('/api/v1/auth/login', { method: 'POST', body: { email, password } })).user)
  }

  async function register(input: { name: string; email: string; password: string; phone?: string }): Promise<void> {
    const language = i18n.global.locale.value
    await ask('/api/v1/auth/register', { method: 'POST', body: { ...input, language } })
    await signIn(input.email, input.password)
  }

  async function beGuest(name: string, phone: string): Promise<void> {
    const language = i18n.global.locale.value
    note((await ask<SignedIn>('/api/v1/auth/guest', { method: 'POST', body: { name, phone, language } })).user)
  }

  /** Tells the shop in which language to write to whoever is signed in. */
  async function noteLanguage(language: Language): Promise<void> {
    if (user.value === undefined || user.value.language === language) return
    note(await ask<Account>('/api/v1/me/language', { method: 'PUT', body: { language } }))
  }

  async function signOut(): Promise<void> {
    try {
      await ask('/api/v1/auth/logout', { method: 'POST' })
    } catch (error) {
      // A session that has ended already is what was wanted.
      if (!(error instanceof ProblemError && error.status === 401)) throw error
    }
    note(undefined)
  }

  /** Notes that an answer said 401: the session is gone, whoever it was. */
  function forget(): void {
    note(undefined)
  }

  return { user, isGuest, mayBeSignedIn, load, signIn, register, beGuest, noteLanguage, signOut, forget }
})
