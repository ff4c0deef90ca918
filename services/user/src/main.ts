import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { buildApp } from './app.ts'
import { readUserConfig, type UserConfig, userSettings } from './config.ts'
import type { UserTables } from './database.ts'

export const user: ServiceModule<UserConfig> = {
  name: 'user',
  databaseVariable: 'USER_DATABASE_URL',
  urlVariable: 'USER_URL',
  settings: userSettings,
  readConfig: readUserConfig,
  databaseUrl: (config) => config.USER_DATABASE_URL,
  migrations: [{ folder: migrationsBeside(import.meta.url), ledger: 'migrations' }],

  async start(config, logger) {
    const db = openServiceDatabase<UserTables>('user', config.USER_DATABASE_URL, config, logger)
    const app = await buildApp({ config, db, logger })
    const port = await listen(app, config)
    return {
      port,
      close: async () => {
        await app.close()
        await db.destroy()
      },
    }
  },
}
