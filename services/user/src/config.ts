import { Email, NewPassword } from '@kakilima/contracts/account'
import { databaseUrl, readConfig, serverFaults, serverSettings } from '@kakilima/kit/config'
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
        'The password of that admin, 8 to 200 characters. Without it one is made up, and printed by the start that made it.',
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

function adminFaults({ ADMIN_EMAIL, ADMIN_PASSWORD }: UserConfig): string[] {
  const faults: string[] = []
  if (!Check(Email, ADMIN_EMAIL)) faults.push('ADMIN_EMAIL is not an e-mail address.')
  if (ADMIN_PASSWORD !== undefined && !Check(NewPassword, ADMIN_PASSWORD))
    faults.push('ADMIN_PASSWORD must have 8 to 200 characters.')
  return faults
}
