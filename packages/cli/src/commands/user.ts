import { Email, NewPassword, type Role } from '@kakilima/contracts/account'
import { Name } from '@kakilima/contracts/text'
import { runningPostgres } from '@kakilima/kit/running-postgres'
import { requireMigrated } from '@kakilima/kit/service'
import { createAccount } from '@kakilima/user/accounts/create-account'
import { generatePassword } from '@kakilima/user/accounts/ensure-first-admin'
import { createPasswordHasher } from '@kakilima/user/password-hasher'
import { defineCommand } from 'citty'
import { Check } from 'typebox/value'
import { readEnvironment, readFolders } from '../config.ts'
import { prepareDataFolder } from '../data-folder.ts'
import { prepareDatabase, readDatabaseUrls, withDatabases } from '../databases.ts'
import { loadService } from '../services.ts'
import { withUserDatabase } from '../user-database.ts'

export const details = `
Adds somebody who works in the shop: a viewer sees everything, staff run the shop, an admin may do
all. No role can be given over HTTP, so this writes into the user database itself: that of
USER_DATABASE_URL, or user_service on the server DATABASE_URL, or the embedded one, whether the shop
runs or not. Without --password one is made up and shown; a password given here can be seen by other
accounts of this machine while the command runs.

EXAMPLE
  npx kakilima user add --email rina@example.com --name 'Rina' --role staff`

const staffRoles = ['viewer', 'staff', 'admin'] as const satisfies Role[]

type Given = { email?: string | undefined; name?: string | undefined; role?: string | undefined }

export const command = defineCommand({
  meta: { name: 'user', description: 'Add somebody who works in the shop' },
  args: {
    action: { type: 'positional', required: false, description: 'add' },
    email: { type: 'string', description: 'The address to sign in with' },
    name: { type: 'string', description: 'The name that others see' },
    role: { type: 'string', description: staffRoles.join(', ') },
    password: { type: 'string', description: '8 to 200 characters; made up unless given' },
  },
  async run({ args }) {
    if (args.action !== 'add' || args._.length > 1) throw new Error('Say what to do: npx kakilima user add --email …')
    const { email, name, role } = readGiven(args)
    const password = args.password ?? generatePassword()
    if (!Check(NewPassword, password)) throw new Error('--password must have 8 to 200 characters.')

    await inUserDatabase(async (url) => {
      await withUserDatabase(url, (db) => createAccount(db, createPasswordHasher(), { email, name, password }, role))
    })
    console.log(`${email} can sign in as ${role} now.`)
    if (args.password === undefined) console.log(`The password, which is shown only now: ${password}`)
  },
})

function readGiven({ email, name, role: wanted }: Given): { email: string; name: string; role: Role } {
  const role = staffRoles.find((one) => one === wanted)
  if (!Check(Email, email)) throw new Error('--email must be an e-mail address.')
  if (!Check(Name, name)) throw new Error('--name must have 1 to 200 characters.')
  if (role === undefined) throw new Error(`--role must be one of ${staffRoles.join(', ')}.`)
  return { email: email.trim(), name, role }
}

/** Finds the user database, also that of a shop which runs right now. */
async function inUserDatabase(work: (url: string) => Promise<void>): Promise<void> {
  const user = await loadService('user')
  const env = readEnvironment()
  const own = readDatabaseUrls([user], env)
  const data = await prepareDataFolder(readFolders(env).dataFolder, own.user === undefined)
  const running = own.user === undefined ? await runningPostgres(data.folder) : undefined
  const reachable = running === undefined ? own : { user: running('user_service') }
  await withDatabases([user], reachable, data.folder, async (urls) => {
    const url = urls.user!
    // A shop at work, and a database of somebody's own, get their tables when their owner says so.
    await (reachable.user === undefined ? prepareDatabase(user, url) : requireMigrated(user, url))
    await work(url)
  })
}
