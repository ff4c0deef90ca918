import { type ExpressionBuilder, type ExpressionWrapper, type SqlBool } from 'kysely'
import type { UserTables } from '../database.ts'
import { phonePrefix } from './phone.ts'

/**
 * Whether a user is one of those that a text may mean: a part of the name or the address, the beginning of the phone number in any
 * spelling, or the id. Blank text means everybody.
 */
export function matchesSearch(search: string) {
  const text = search.trim()
  const part = `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`
  const phone = phonePrefix(text)
  const isId = /^[1-9]\d{0,15}$/.test(text) && Number.isSafeInteger(Number(text))
  return (where: ExpressionBuilder<UserTables, 'users'>): ExpressionWrapper<UserTables, 'users', SqlBool> =>
    where.or([
      where('name', 'ilike', part),
      where('email', 'ilike', part),
      ...(phone === undefined ? [] : [where('phone_e164', 'like', `${phone}%`)]),
      ...(isId ? [where('id', '=', Number(text))] : []),
    ])
}
