import Type, { type Static } from 'typebox'
import { Id } from './ids.ts'
import { Language } from './language.ts'
import { nullable } from './nullable.ts'
import { Name, text, Timestamp } from './text.ts'
import { UserInput } from './user.ts'

export const roles = ['customer', 'viewer', 'staff', 'admin'] as const
export const Role = Type.Enum([...roles])
export type Role = (typeof roles)[number]

/** How long a session lasts from its start or its last renewal. */
export const sessionHours = 72

/** How many ended sessions one answer names at most. */
export const endedSessionsPage = 10_000

// What browsers take in <input type="email">, as the HTML standard defines it, with white space around. Code that stores it trims it.
const label = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
export const Email = Type.String({
  maxLength: 1000,
  pattern: `^\\s*(?=\\S{3,254}\\s*$)[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${label}(?:\\.${label})*\\s*$`,
  description: 'an e-mail address of at most 254 characters after trimming',
  examples: ['sari@example.com'],
})

export const NewPassword = Type.String({ minLength: 8, maxLength: 200, description: '8 to 200 characters' })
// Of a password that is only compared nothing is asked, so that an answer never says why it cannot be the right one.
const GivenPassword = Type.String({ maxLength: 1000 })

/** A user as the one who signed in sees it. Its session, role and password are told to nobody else. */
export const Account = Type.Object({
  id: Id,
  name: Type.String(),
  email: nullable(Type.String({ description: 'as it was given; null for a guest' })),
  phone: nullable(Type.String({ description: 'as it was given' })),
  role: Role,
  language: Language,
})
export type Account = Static<typeof Account>

export const AccountInput = Type.Object({
  name: Name,
  email: Email,
  password: NewPassword,
  phone: Type.Optional(text(40)),
  language: Type.Optional(Language),
})
export type AccountInput = Static<typeof AccountInput>

/** Who buys without an account. */
export const GuestInput = UserInput
export type GuestInput = Static<typeof GuestInput>

export const Credentials = Type.Object({ email: Email, password: GivenPassword })
export type Credentials = Static<typeof Credentials>

export const PasswordChange = Type.Object({ current_password: GivenPassword, new_password: NewPassword })
export type PasswordChange = Static<typeof PasswordChange>

/** In which language the shop writes to a user. */
export const LanguageChange = Type.Object({ language: Language })
export type LanguageChange = Static<typeof LanguageChange>

/** A session and whose it is. The gateway makes a token of it; by itself it opens no door. */
export const SignedIn = Type.Object({
  session: Type.Object({ id: Id, expires_at: Timestamp }),
  user: Account,
})
export type SignedIn = Static<typeof SignedIn>

export const EndedSession = Type.Object({ id: Id })
export type EndedSession = Static<typeof EndedSession>

export const EndedSessionsQuery = Type.Object({
  after: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 }),
})
