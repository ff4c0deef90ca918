import { problem } from '@kakilima/contracts/problems'
import type { User, UserInput } from '@kakilima/contracts/user'
import type { Db } from '@kakilima/kit/database'
import type { UserTables } from '../database.ts'
import { normalizePhone } from './phone.ts'

/** Stores a customer. Each call makes a new one: a phone number alone proves nothing, so it never shows or alters an existing record. */
export async function createUser(db: Db<UserTables>, { name, phone }: UserInput): Promise<User> {
  const phone_e164 = normalizePhone(phone)
  if (phone_e164 === undefined) {
    throw problem('invalid-input', 'body.phone is not a plausible phone number', {
      errors: [{ pointer: '/phone', detail: 'is not a plausible phone number' }],
    })
  }
  return db
    .insertInto('users')
    .values({ name: name.trim(), phone, phone_e164 })
    .returningAll()
    .executeTakeFirstOrThrow()
}
