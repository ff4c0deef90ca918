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
  email: nullable(Type.String({ description: 'of an account, as it was given' })),
  created_at: Timestamp,
})
export type User = Static<typeof User>

export const UserInput = Type.Object({
  name: Name,
  phone: text(40),
  language: Type.Optional(Language),
})
export type UserInput = Static<typeof UserInput>

/** What staff look a person up by. Blank text is none. */
const Search = Type.Optional(
  Type.String({
    ...text(200),
    description: 'a part of the name or the address, the beginning of the phone number in any spelling, or the id',
    examples: ['0812-3456'],
  }),
)

export const UserListQuery = Type.Object({ ...listQuery, ids: Type.Optional(IdsText), search: Search })
export type UserListQuery = Static<typeof UserListQuery>

/** A customer as staff see one. */
export const Customer = Type.Object({
  ...User.properties,
  banned_at: nullable(Timestamp),
})
export type Customer = Static<typeof Customer>

/** In ascending id by `after`, or newest first by `before`. */
export const CustomerListQuery = Type.Object({
  ...listQuery,
  before: Type.Optional(Id),
  sort: Type.Optional(Type.Enum(['oldest', 'newest'])),
  ids: Type.Optional(IdsText),
  search: Search,
})
export type CustomerListQuery = Static<typeof CustomerListQuery>

/** How the shop writes to a customer. */
export const Contact = Type.Object({
  id: Id,
  name: Type.String(),
  email: nullable(Type.String({ description: 'null where no address is known' })),
  language: Language,
})
export type Contact = Static<typeof Contact>

export const ContactsQuery = Type.Object({ ids: IdsText })
