import type { User, UserInput } from '@kakilima/contracts/user'
import type { Db } from '@kakilima/kit/database'
import type { UserTables } from '../database.ts'
import { requirePhone } from './phone.ts'
import { userColumns } from './user-columns.ts'

/** Stores a customer. Each call makes a new one: a phone number alone proves nothing, so it never shows or alters an existing record. */
export async function createUser(db: Db<UserTables>, { name, phone, language }: UserInput): Promise<User> {
  return db
    .insertInto('users')
    .values({ name: name.trim(), phone, phone_e164: requirePhone(phone), ...(language !== undefined && { language }) })
    .returning(userColumns)
    .executeTakeFirstOrThrow()
}
