import { Email, NewPassword } from '@kakilima/contracts/account'
import { databaseUrl, readConfig, serverFaults, serverSettings } from '@kakilima/kit/config'
import { secretFaults } from '@kakilima/kit/secrets'
import Type, { type Static } from 'typebox'
import { Check } from 'typebox/value'
import { defaultAdminEmail } from './accounts/account.ts'

export const userSettings = Type.Object({
  ...serverSettings(8001),
  USER_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the user service. Where one service runs alone, DATABASE_URL will do.',
  ),
  ADMIN_EMAIL: Type.String({
    default: defaultAdminEmail,
    description: 'The address of the admin that `kakilima up` makes in a shop that has none.',
  }),
  ADMIN_PASSWORD: Type.Optional(
    Type.String({
      description:
        'The password of that admin, 8 to 200 characters, in production 12 at least. Without it one is made up, and printed by the start that made it.',
    }),
  ),
})
export type UserConfig = Static<typeof userSettings>

export function readUserConfig(env: Record<string, string | undefined>): UserConfig {
  return readConfig(
    userSettings,
    { ...env, USER_DATABASE_URL: env.USER_DATABASE_URL || env.DATABASE_URL },
    (config) => [...serverFaults(config), ...adminFaults(config)],
  )
}

const leastInProduction = 12

function adminFaults({ ADMIN_EMAIL, ADMIN_PASSWORD: password, NODE_ENV }: UserConfig): string[] {
  const faults: string[] = []
  const isProduction = NODE_ENV === 'production'
  if (!Check(Email, ADMIN_EMAIL)) faults.push('ADMIN_EMAIL is not an e-mail address.')
  if (password === undefined) return faults
  if (!Check(NewPassword, password)) faults.push('ADMIN_PASSWORD must have 8 to 200 characters.')
  else if (isProduction && password.length < leastInProduction)
    faults.push(`ADMIN_PASSWORD must have ${leastInProduction} characters or more in production.`)
  else if (isProduction) faults.push(...secretFaults('ADMIN_PASSWORD', password))
  return faults
}
