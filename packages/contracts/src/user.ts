import Type, { type Static } from 'typebox'
import { Id, IdsText } from './ids.ts'
import { Language } from './language.ts'
import { listQuery } from './lists.ts'
import { nullable } from './nullable.ts'
import { Name, text, Timestamp } from './text.ts'

export const User = Type.Object({
  id: Id,
  name: Type.String(),
  phone: Type.String({ description: 'as the customer gave it; empty where there is none' }),
  phone_e164: nullable(
    Type.String({ description: 'the same number in international form', examples: ['+6281234567890'] }),
  ),
  created_at: Timestamp,
})
export type User = Static<typeof User>

export const UserInput = Type.Object({
  name: Name,
  phone: text(40),
  language: Type.Optional(Language),
})
export type UserInput = Static<typeof UserInput>

export const UserListQuery = Type.Object({ ...listQuery, ids: Type.Optional(IdsText) })
export type UserListQuery = Static<typeof UserListQuery>

/** How the shop writes to a customer. */
export const Contact = Type.Object({
  id: Id,
  name: Type.String(),
  email: nullable(Type.String({ description: 'null where no address is known' })),
  language: Language,
})
export type Contact = Static<typeof Contact>

export const ContactsQuery = Type.Object({ ids: IdsText })
