import { databaseUrl, readConfig, serverFaults, serverSettings } from '@kakilima/kit/config'
import Type, { type Static } from 'typebox'

export const userSettings = Type.Object({
  ...serverSettings(8001),
  USER_DATABASE_URL: databaseUrl(
    'The PostgreSQL database of the user service. Where one service runs alone, DATABASE_URL will do.',
  ),
})
export type UserConfig = Static<typeof userSettings>

export function readUserConfig(env: Record<string, string | undefined>): UserConfig {
  return readConfig(
    userSettings,
    { ...env, USER_DATABASE_URL: env.USER_DATABASE_URL || env.DATABASE_URL },
    serverFaults,
  )
}
