import type { Account } from '@kakilima/contracts/account'
import { ask, ProblemError } from '@kakilima/ui/http'
import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

/** Who is signed in on this device. The session rests in a cookie that no script can read, the same one as the storefront's. */
export const useSession = defineStore('session', () => {
  const user = ref<Account>()
  const isKnown = ref(false)
  let asked: Promise<void> | undefined

  /** Whether the account may see the desk at all. */
  const mayLook = computed(() => user.value !== undefined && user.value.role !== 'customer')
  /** Whether it may change what the shop does, as far as staff may. The API decides; pages show what it would allow. */
  const mayChange = computed(() => user.value?.role === 'staff' || user.value?.role === 'admin')
  const isAdmin = computed(() => user.value?.role === 'admin')

  /** Asks who is signed in, once. */
  async function load(): Promise<void> {
    if (isKnown.value) return
    asked ??= look().finally(() => (asked = undefined))
    await asked
  }

  async function look(): Promise<void> {
    try {
      user.value = await ask<Account>('/api/v1/me')
    } catch (error) {
      if (!(error instanceof ProblemError && error.status === 401)) throw error
      user.value = undefined
    }
    isKnown.value = true
  }

  async function signIn(email: string, password: string): Promise<void> {
    const answer = await ask<{ user: Account }>('/api/v1/auth/login', { method: 'POST', body: { email, password } })
    user.value = answer.user
    isKnown.value = true
  }

  async function signOut(): Promise<void> {
    try {
      await ask('/api/v1/auth/logout', { method: 'POST' })
    } catch (error) {
      // A session that has ended already is what was wanted.
      if (!(error instanceof ProblemError && error.status === 401)) throw error
    }
    user.value = undefined
  }

  /** Notes that an answer said 401: the session is gone, whoever it was. */
  function forget(): void {
    user.value = undefined
  }

  return { user, isKnown, mayLook, mayChange, isAdmin, load, signIn, signOut, forget }
})
