import { createLogger } from '@kakilima/kit/logger'
import { requireMigrated } from '@kakilima/kit/service'
import { defineCommand } from 'citty'
import { environmentOfOne, readEnvironment, readPatience } from '../config.ts'
import { builtPages } from '../pages.ts'
import { runUntilStopped } from '../run-until-stopped.ts'
import { loadService } from '../services.ts'
import { startServices } from '../start-services.ts'

export const details = `
Runs one service by itself, on a PostgreSQL of your own whose address is in DATABASE_URL or in the
service's own variable. It listens on HOST and PORT and looks for its neighbors where USER_URL,
INVENTORY_URL and so on say. Logs go to stdout as JSON lines. The database must have been migrated.

EXAMPLE
  export DATABASE_URL=postgres://user:password@localhost:5432/inventory
  npx kakilima migrate inventory
  npx kakilima start inventory`

export const command = defineCommand({
  meta: { name: 'start', description: 'Run one service by itself' },
  args: { service: { type: 'positional', required: false, description: 'user, inventory, order or payment' } },
  async run({ args }) {
    const service = await loadService(args.service)
    const env = readEnvironment()
    const config = service.readConfig({
      ...environmentOfOne(service, env),
      STOREFRONT_FOLDER: env.STOREFRONT_FOLDER || (await builtPages('storefront')),
      ADMIN_FOLDER: env.ADMIN_FOLDER || (await builtPages('admin')),
    })
    const logger = createLogger(service.name, config.LOG_LEVEL)
    await requireMigrated(service, service.databaseUrl(config), readPatience(env))
    await runUntilStopped({
      start: async () => {
        const { ports, close } = await startServices([{ service, config, logger }])
        console.log(`The ${service.name} service listens on http://${config.HOST}:${ports[0]}`)
        return { [Symbol.asyncDispose]: close }
      },
      onCrash: (err) => logger.fatal({ err }, 'an error that nobody caught'),
    })
  },
})
