import { orderEndpoints } from '@kakilima/contracts/order/endpoints'
import { clientOf } from '@kakilima/kit/client-of'
import { createNeighbor } from '@kakilima/kit/http-client'
import { startRelay } from '@kakilima/kit/outbox'
import { listen } from '@kakilima/kit/server'
import { migrationsBeside, openServiceDatabase, type ServiceModule } from '@kakilima/kit/service'
import { startTrimming } from '@kakilima/kit/trim-outbox'
import { buildApp } from './app.ts'
import { type PaymentConfig, paymentSettings, readPaymentConfig } from './config.ts'
import type { PaymentTables } from './database.ts'
import { followUp } from './follow-up.ts'
import { providers } from './providers/providers.ts'

export const payment: ServiceModule<PaymentConfig> = {
  name: 'payment',
  databaseVariable: 'PAYMENT_DATABASE_URL',
  urlVariable: 'PAYMENT_URL',
  settings: paymentSettings,
  readConfig: readPaymentConfig,
  databaseUrl: (config) => config.PAYMENT_DATABASE_URL,
  migrations: [{ folder: migrationsBeside(import.meta.url), ledger: 'migrations' }],

  async start(config, logger) {
    const db = openServiceDatabase<PaymentTables>('payment', config.PAYMENT_DATABASE_URL, config, logger)
    const order = createNeighbor({ name: 'order', url: config.ORDER_URL, token: config.SERVICE_TOKEN })
    const orders = clientOf(orderEndpoints, order)
    const app = await buildApp({ config, db, logger, orders, provider: providers[config.PAYMENT_PROVIDER] })
    const port = await listen(app, config)
    const relay = startRelay({ db, logger, followUp: (type, events) => followUp({ db, orders }, type, events) })
    const trimming = startTrimming(db, logger, config.EVENTS_KEEP_MINUTES)
    return {
      port,
      close: async () => {
        await app.close()
        await Promise.all([relay.stop(), trimming.stop()])
        await order.close()
        await db.destroy()
      },
    }
  },
}
