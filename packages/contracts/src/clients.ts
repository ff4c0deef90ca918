import Type, { type Static, type TSchema } from 'typebox'
import {
  Account,
  type AccountInput,
  type Credentials,
  EndedSession,
  endedSessionsPage,
  type GuestInput,
  type LanguageChange,
  type PasswordChange,
  SignedIn,
} from './account.ts'
import type { AskedBy } from './asked-by.ts'
import { DecisionReply, type OrderToDecide, Product } from './inventory.ts'
import { Payment, type OrderOutcome, type PaymentMethod } from './payment.ts'
import { Contact, User } from './user.ts'

/**
 * One request to a neighbouring service. `reply` names what comes back. `harmless: true` says that sending it twice has no other effect
 * than sending it once, so that it may be tried again when no answer comes. `tries` says how often at most, for callers that come back
 * by themselves.
 */
export type Call = <T extends TSchema>(request: {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  body?: unknown
  /** What the body is where it is bytes, and not something to be sent as JSON. */
  contentType?: string
  /** The token of the session that asks, where that has to be proved. */
  sessionToken?: string
  reply: T
  harmless: boolean
  tries?: number
}) => Promise<Static<T>>

/** A page of a list, with the place where the next one begins and how many rows all pages have. */
export type CountedPage<Row> = { rows: Row[]; next: string | undefined; total: number }

/** Asks a neighbouring service for a page of a list that is paged by a cursor and counted. */
export type PageCall = <T extends TSchema>(request: { path: string; row: T }) => Promise<CountedPage<Static<T>>>

const Nothing = Type.Object({})

export type UserClient = ReturnType<typeof userClient>
export function userClient(call: Call) {
  return {
    get: (id: number) => call({ method: 'GET', path: `/users/${id}`, reply: User, harmless: true }),
    list: (ids: number[]) =>
      call({ method: 'GET', path: `/users?ids=${ids.join(',')}`, reply: Type.Array(User), harmless: true }),
    /**
     * Whose name or address has this part, whose phone number begins like this, or who has this id: the newest 1,000 in descending id.
     * Tried once, since it may take a while.
     */
    search: (text: string) =>
      call({
        method: 'GET',
        path: `/users?search=${encodeURIComponent(text)}`,
        reply: Type.Array(User),
        harmless: true,
        tries: 1,
      }),
  }
}

export type ContactClient = ReturnType<typeof contactClient>
export function contactClient(call: Call) {
  return {
    /** How these users can be written to. Who is not known is not among them. Tried once: whoever writes comes back by itself. */
    list: (ids: number[]) =>
      call({
        method: 'GET',
        path: `/contacts?ids=${ids.join(',')}`,
        reply: Type.Array(Contact),
        harmless: true,
        tries: 1,
      }),
  }
}

export type SessionClient = ReturnType<typeof sessionClient>
export function sessionClient(call: Call) {
  const ban = (method: 'POST' | 'DELETE') => (userId: number) =>
    call({ method, path: `/accounts/${userId}/ban`, reply: Account, harmless: true })
  return {
    register: (input: AccountInput) =>
      call({ method: 'POST', path: '/accounts', body: input, reply: Account, harmless: false }),
    account: (userId: number) => call({ method: 'GET', path: `/accounts/${userId}`, reply: Account, harmless: true }),
    /** Ends all sessions of the account, the caller's too. */
    changePassword: (userId: number, change: PasswordChange) =>
      call({ method: 'PUT', path: `/accounts/${userId}/password`, body: change, reply: Nothing, harmless: false }),
    changeLanguage: (userId: number, change: LanguageChange) =>
      call({ method: 'PUT', path: `/accounts/${userId}/language`, body: change, reply: Account, harmless: true }),
    ban: ban('POST'),
    unban: ban('DELETE'),
    signIn: (credentials: Credentials) =>
      call({ method: 'POST', path: '/sessions', body: credentials, reply: SignedIn, harmless: false }),
    guest: (input: GuestInput) =>
      call({ method: 'POST', path: '/guests', body: input, reply: SignedIn, harmless: false }),
    /** The same session, for another 72 hours from now. Throws `session-ended` when there is nothing left to renew. */
    renew: (sessionId: number) =>
      call({ method: 'POST', path: `/sessions/${sessionId}/renewal`, reply: SignedIn, harmless: true }),
    end: (sessionId: number) =>
      call({ method: 'DELETE', path: `/sessions/${sessionId}`, reply: Nothing, harmless: true }),
    /** The ids of all sessions that ended before their time and whose tokens would still look good. */
    ended: async () => {
      const ids: number[] = []
      for (;;) {
        const page = await call({
          method: 'GET',
          path: `/sessions/ended?after=${ids.at(-1) ?? 0}`,
          reply: Type.Array(EndedSession),
          harmless: true,
        })
        for (const { id } of page) ids.push(id)
        if (page.length < endedSessionsPage) return ids
      }
    },
  }
}

export type InventoryClient = ReturnType<typeof inventoryClient>
export function inventoryClient(call: Call) {
  const decisions = (path: string, tries?: number) => async (body: unknown) =>
    (await call({ method: 'POST', path, body, reply: DecisionReply, harmless: true, ...(tries && { tries }) }))
      .decisions
  // The order worker comes back with its orders anyway. Where one of them hangs, each try costs the whole time that a try may take.
  const decide = decisions('/reservations/decisions', 1)
  const release = decisions('/reservations/releases')
  const consume = decisions('/reservations/consumptions')
  return {
    /** Whether it can work right now: throws when not. */
    ready: () => call({ method: 'GET', path: '/readyz', reply: Nothing, harmless: true, tries: 1 }),
    list: (ids: number[]) =>
      call({ method: 'GET', path: `/products?ids=${ids.join(',')}`, reply: Type.Array(Product), harmless: true }),
    /** One decision for each order, in the order of asking. All three are stored, so asking again changes nothing. */
    decide: (orders: OrderToDecide[]) => decide({ orders }),
    release: (orderIds: number[]) => release({ order_ids: orderIds }),
    consume: (orderIds: number[]) => consume({ order_ids: orderIds }),
  }
}

export type PaymentClient = ReturnType<typeof paymentClient>
export function paymentClient(call: Call) {
  return {
    /** Opens a payment, or returns the open one of the same method. */
    open: (orderId: number, method: PaymentMethod, by: AskedBy) =>
      call({
        method: 'POST',
        path: '/payments',
        body: { order_id: orderId, payment_method: method, by },
        reply: Payment,
        harmless: true,
      }),
    confirm: (paymentId: number, by: AskedBy) =>
      call({
        method: 'POST',
        path: '/payments/confirm',
        body: { payment_id: paymentId, by },
        reply: Payment,
        harmless: true,
      }),
    /** Tells how orders ended, so that their payments follow. */
    settle: (orders: OrderOutcome[]) =>
      call({ method: 'POST', path: '/payments/outcomes', body: { orders }, reply: Nothing, harmless: true }),
  }
}
