import { inventoryClient, paymentClient, userClient } from '@kakilima/contracts/clients'
import { paymentHistoryClient } from '@kakilima/contracts/desk-client'
import { createNeighbor } from '@kakilima/kit/http-client'
import { startRelay } from '@kakilima/kit/outbox'
import { startPatience } from '@kakilima/kit/patience'
import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { startTrimming } from '@kakilima/kit/trim-outbox'
import { openQueue } from '@kakilima/queue/open-queue'
import { buildApp } from './app.ts'
import { type OrderConfig, orderSettings, paymentWindows, readOrderConfig } from './config.ts'
import type { OrderTables } from './database.ts'
import { createDecisionWaiter } from './intake/await-decision.ts'
import { startPurging } from './intake/purge-queue.ts'
import { startOrderWorker } from './intake/worker.ts'
import { startExpirySweeper } from './orders/expire-orders.ts'
import { followUp } from './orders/follow-up.ts'
import type { OrderRow } from './orders/order.ts'

export const order: ServiceModule<OrderConfig> = {
  name: 'order',
  databaseVariable: 'ORDER_DATABASE_URL',
  urlVariable: 'ORDER_URL',
  settings: orderSettings,
  readConfig: readOrderConfig,
  databaseUrl: (config) => config.ORDER_DATABASE_URL,
  migrations: [
    { folder: migrationsBeside(import.meta.url), ledger: 'migrations' },
    { folder: migrationsBeside(import.meta.resolve('@kakilima/queue/postgres')), ledger: 'queue_migrations' },
  ],

  async start(config, logger) {
    const db = openServiceDatabase<OrderTables>('order', config.ORDER_DATABASE_URL, config, logger)
    const neighbors = {
      user: createNeighbor({ name: 'user', url: config.USER_URL, token: config.SERVICE_TOKEN }),
      inventory: createNeighbor({ name: 'inventory', url: config.INVENTORY_URL, token: config.SERVICE_TOKEN }),
      payment: createNeighbor({ name: 'payment', url: config.PAYMENT_URL, token: config.SERVICE_TOKEN }),
    }
    const queue = await openQueue({
      db,
      redisUrl: config.REDIS_URL,
      name: 'order',
      logger,
      patience: startPatience(logger),
    })
    const inventory = inventoryClient(neighbors.inventory.call)
    const payments = paymentClient(neighbors.payment.call)
    const windows = paymentWindows(config)
    const follow = { db, inventory, payments }

    const worker = config.ORDER_WORKER
      ? startOrderWorker({ db, queue, inventory, logger, windowSeconds: windows.standard })
      : undefined
    const app = await buildApp({
      ...follow,
      config,
      logger,
      queue,
      paymentHistory: paymentHistoryClient(neighbors.payment.call),
      users: userClient(neighbors.user.call),
      windows,
      decisions: createDecisionWaiter(db),
      wakeWorker: () => worker?.wake(),
      waitMs: config.DECISION_WAIT_SECONDS * 1000,
    })
    const port = await listen(app, config)
    const loops = [
      startExpirySweeper(follow, logger),
      startPurging(queue, logger),
      startTrimming(db, logger, config.EVENTS_KEEP_MINUTES),
      startRelay({
        db,
        logger,
        followUp: (type, events) =>
          followUp(
            follow,
            type,
            events.map((event) => event.data as OrderRow),
          ),
      }),
    ]
    return {
      port,
      close: async () => {
        // The doors first: what came in may still need the worker and the neighbours.
        await app.close()
        await Promise.all([worker?.stop(), ...loops.map((loop) => loop.stop())])
        await queue.close()
        await Promise.all(Object.values(neighbors).map((neighbor) => neighbor.close()))
        await db.destroy()
      },
    }
  },
}
