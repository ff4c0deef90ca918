import { sql } from 'kysely'

/** What the shop's other services and old clients see of a user. They know no roles, and take the phone for a text that is always there. */
export const userColumns = [
  'id',
  'name',
  sql<string>`coalesce(phone, '')`.as('phone'),
  'phone_e164',
  'email',
  'created_at',
] as const
