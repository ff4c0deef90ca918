import { createLogger } from '@kakilima/kit/logger'
import { defineCommand } from 'citty'
import { readEnvironment } from '../config.ts'
import { describeShop } from '../describe-shop.ts'
import { runUntilStopped } from '../run-until-stopped.ts'
import { loadServices } from '../services.ts'
import { planShop, startShop } from '../start-shop.ts'

export const details = `
Starts PostgreSQL and all services in one process, until Ctrl-C. Everything that it keeps is in one
folder, KAKILIMA_DATA (.kakilima here unless set), and a shop that never had a product is filled
with 200 of a demo shop. Databases of your own are used where DATABASE_URL or USER_DATABASE_URL,
INVENTORY_DATABASE_URL and so on are set. Each service listens on the port of its address: USER_URL,
INVENTORY_URL and so on. All settings: docs/configuration.md.

EXAMPLES
  npm start
  npx kakilima up --no-demo
  INVENTORY_URL=http://127.0.0.1:9002 npx kakilima up`

export const command = defineCommand({
  meta: { name: 'up', description: 'Run the whole shop on this machine' },
  args: {
    demo: {
      type: 'boolean',
      default: true,
      description: 'Fill a shop that never had a product with the demo shop',
      negativeDescription: 'Leave it empty',
    },
  },
  async run({ args }) {
    const plan = await planShop(await loadServices(), readEnvironment())
    await runUntilStopped({
      start: async (stopping, giveUp) => {
        const shop = await startShop(plan, args.demo, stopping, giveUp)
        console.log(describeShop(plan, args.demo, shop.firstAdmin))
        for (const danger of shop.dangers) console.warn(`\nDANGER: ${danger}`)
        return shop
      },
      onCrash: (err) =>
        createLogger('shop', 'fatal', plan.log.destination).fatal({ err }, 'an error that nobody caught'),
    })
  },
})
