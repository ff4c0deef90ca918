import { Email, NewPassword, type Role } from '@kakilima/contracts/account'
import { staffRoles } from '@kakilima/contracts/staff'
import { Name } from '@kakilima/contracts/text'
import { banAccount, unbanAccount } from '@kakilima/user/accounts/ban-account'
import { createAccount } from '@kakilima/user/accounts/create-account'
import { findAccountId } from '@kakilima/user/accounts/find-account-id'
import { generatePassword } from '@kakilima/user/accounts/generate-password'
import type { UserTables } from '@kakilima/user/database'
import { createPasswordHasher } from '@kakilima/user/password-hasher'
import { defineCommand } from 'citty'
import type { Kysely } from 'kysely'
import { Check } from 'typebox/value'
import { withDatabaseOf } from '../database-of.ts'
import { loadService } from '../services.ts'
import { withUserDatabase } from '../user-database.ts'

export const details = `
add: somebody who works in the shop. A viewer sees everything, staff run the shop, an admin may do
all. Without --password one is made up and shown; a password given here can be seen by other
accounts of this machine while the command runs.
ban: whoever has this address, customer or not, is signed out everywhere within a minute and cannot
sign in any more; not the last admin who can. unban: can again.
An admin does the same in the admin panel. Here it is written into the user database itself, for the
first admin and for one who is locked out: that of USER_DATABASE_URL, or user_service on the server
DATABASE_URL, or the embedded one, whether the shop runs or not.

EXAMPLES
  npx kakilima user add --email rina@example.com --name 'Rina' --role staff
  npx kakilima user ban --email rina@example.com`

type Given = Partial<Record<'email' | 'name' | 'role' | 'password', string | undefined>>

export const command = defineCommand({
  meta: { name: 'user', description: 'Add somebody who works in the shop, or lock somebody out' },
  args: {
    action: { type: 'positional', required: false, description: 'add, ban or unban' },
    email: { type: 'string', description: 'The address to sign in with' },
    name: { type: 'string', description: 'The name that others see' },
    role: { type: 'string', description: staffRoles.join(', ') },
    password: { type: 'string', description: '8 to 200 characters; made up unless given' },
  },
  async run({ args }) {
    const action = args._.length > 1 ? undefined : args.action
    if (action === 'add') return add(args)
    if (action === 'ban') return ban(args)
    if (action === 'unban') return unban(args)
    throw new Error('Say what to do: npx kakilima user add --email …')
  },
})

async function add(given: Given): Promise<void> {
  const { email, name, role } = readGiven(given)
  const password = given.password ?? generatePassword()
  if (!Check(NewPassword, password)) throw new Error('--password must have 8 to 200 characters.')
  await inUserDatabase((db) => createAccount(db, createPasswordHasher(), { email, name, password }, role))
  console.log(`${email} can sign in as ${role} now.`)
  if (given.password === undefined) console.log(`The password, which is shown only now: ${password}`)
}

async function ban(given: Given): Promise<void> {
  const email = readEmail(given)
  await inUserDatabase(async (db) => banAccount(db, await findAccountId(db, email)))
  console.log(`${email} cannot sign in any more, and is signed out everywhere within a minute.`)
}

async function unban(given: Given): Promise<void> {
  const email = readEmail(given)
  await inUserDatabase(async (db) => unbanAccount(db, await findAccountId(db, email)))
  console.log(`${email} can sign in again.`)
}

function readGiven(given: Given): { email: string; name: string; role: Role } {
  const email = readEmail(given)
  const role = staffRoles.find((one) => one === given.role)
  if (!Check(Name, given.name)) throw new Error('--name must have 1 to 200 characters.')
  if (role === undefined) throw new Error(`--role must be one of ${staffRoles.join(', ')}.`)
  return { email, name: given.name, role }
}

function readEmail({ email }: Given): string {
  if (!Check(Email, email)) throw new Error('--email must be an e-mail address.')
  return email.trim()
}

/** Works in the user database, also in that of a shop which runs right now. */
async function inUserDatabase(work: (db: Kysely<UserTables>) => Promise<unknown>): Promise<void> {
  await withDatabaseOf(await loadService('user'), async (url) => {
    await withUserDatabase(url, work)
  })
}
