import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '@kakilima/testkit/call'
import type { RedisServer } from '@kakilima/testkit/redis-server'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { shopDatabases } from '@kakilima/testkit/shop-database'
import { sql } from 'kysely'
import { cpuSecondsOf, megabytesOf, processesOf } from './machine.ts'

/** What the shop under test is started with. The rest is as anybody gets it. */
export const shopSettings = {
  // The bench runs the auditor itself, after each case and not during one.
  AUDIT_EVERY_MINUTES: '0',
  // As a shop would have it, and not the ten seconds of the old clients: nothing expires while the bench measures.
  PAYMENT_WINDOW_SECONDS: '900',
  JWT_SECRETS: 'the-bench-signs-its-tokens-with-this-itself',
}
export const customers = 10_000

export type ShopUnderTest = Awaited<ReturnType<typeof startShopUnderTest>>

/**
 * Starts `kakilima up` as anybody would, with 10,000 customers and no products yet, and with its queue in `redis` where one is given. `env`
 * is for those who measure something else.
 */
export async function startShopUnderTest(env: Record<string, string> = {}, redis?: RedisServer) {
  const engine = redis === undefined ? {} : { REDIS_URL: redis.url }
  const shop: Shop = await startShop({ demo: false, env: { ...shopSettings, ...engine, ...env } })
  const { url, open } = await shopDatabases(shop.dataFolder)
  const databases = {
    user: open('user'),
    inventory: open('inventory'),
    order: open('order'),
    payment: open('payment'),
    webhook: open('webhook'),
  }
  const postmaster = Number(readFileSync(join(shop.dataFolder, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0])
  await sql`
    insert into users (name, phone, phone_e164)
    select 'Customer ' || n, '0812' || n, '+62812' || n from generate_series(1, ${customers}::int) n`.execute(
    databases.user,
  )

  return {
    shop,
    databases,
    port: (service: 'gateway' | 'order' | 'catalog') => Number(new URL(shop.urls[service]).port),
    databaseUrl: url,

    /** Adds products with this many units each. Returns their ids. */
    async addProducts(count: number, stock: number): Promise<number[]> {
      const { rows } = await sql<{ id: number }>`
        with added as (
          insert into products (name, slug, price, stock)
          select 'Product ' || n, gen_random_uuid()::text, 1000 * n, ${stock} from generate_series(1, ${count}::int) n returning id, stock
        ), counted as (
          insert into stock_movements (product_id, quantity, reason) select id, stock, 'initial' from added
        )
        select id from added order by id`.execute(databases.inventory)
      return rows.map((row) => row.id)
    },

    /** Waits until every accepted order is decided. */
    async untilDecided(): Promise<void> {
      await waitFor(
        async () => {
          if (redis !== undefined) return isWaitingIn(redis)
          const { rows } = await sql<{ waiting: boolean }>`
            select coalesce((select max(position) from new_orders), 0) > position as waiting
            from new_orders_progress`.execute(databases.order)
          return rows[0]!.waiting
        },
        (waiting) => !waiting,
        10 * 60_000,
      )
    },

    /** Runs the auditor in a process of its own. Throws with its findings if there are any. */
    async audit(): Promise<void> {
      const { code, output } = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder, ...engine })
      if (code !== 0) throw new Error(`the auditor found:\n${output}`)
    },

    /** The memory of the shop. Connections of the bench are none of it, but for what they share with the others. */
    async memoryMegabytes(): Promise<{ node: number; postgres: number }> {
      const { rows } = await sql<{ pid: number }>`
        select pid from pg_stat_activity where application_name = 'test'`.execute(databases.order)
      const ours = rows.map(({ pid }) => pid)
      return {
        node: megabytesOf(processesOf(shop.process.pid!)),
        postgres: megabytesOf(processesOf(postmaster)) - megabytesOf(ours, 'Pss_Anon'),
      }
    },

    /** CPU seconds so far: of Node, of Redis, and of PostgreSQL by what a connection is for. */
    async cpuSeconds(): Promise<Record<string, number>> {
      const { rows } = await sql<{ pid: number; name: string }>`
        select pid, coalesce(nullif(application_name, ''), backend_type) as name from pg_stat_activity`.execute(
        databases.order,
      )
      const names = new Map(rows.map(({ pid, name }) => [pid, name.replace('kakilima ', '')]))
      const seconds: Record<string, number> = { node: 0, ...(redis && { redis: cpuSecondsOf(redis.pid()) }) }
      for (const pid of processesOf(shop.process.pid!)) seconds.node! += cpuSecondsOf(pid)
      for (const pid of processesOf(postmaster)) {
        const name = `postgres: ${names.get(pid) ?? 'others'}`
        seconds[name] = (seconds[name] ?? 0) + cpuSecondsOf(pid)
      }
      return seconds
    },

    async countOrders(): Promise<number> {
      const { rows } = await sql<{ count: number }>`select count(*) from orders`.execute(databases.order)
      return rows[0]!.count
    },

    /** Throws unless every one of these orders, which clients were told of, is there and there once. */
    async requireAll(orderIds: number[]): Promise<void> {
      const { rows } = await sql<{ count: number }>`
        select count(*) from orders where id = any(${orderIds}::int8[])`.execute(databases.order)
      const told = new Set(orderIds).size
      if (told !== orderIds.length) throw new Error(`${orderIds.length - told} orders stand for two attempts`)
      if (rows[0]!.count !== told) throw new Error(`${told - rows[0]!.count} accepted orders are lost`)
    },

    async [Symbol.asyncDispose](): Promise<void> {
      await Promise.all(Object.values(databases).map((db) => db.destroy()))
      await shop.stop()
    },
  }
}

/** Whether orders wait in Redis: it counts those that were written and those that are decided. */
async function isWaitingIn(redis: RedisServer): Promise<boolean> {
  const answer = await redis.ask('HMGET {new_orders}:counts written decided')
  // Before the first is decided, there is no second number.
  const [written, decided = 0] = [...(answer ?? '').matchAll(/^\d+/gm)].map(Number)
  if (written === undefined) throw new Error(`Redis answers ${answer}`)
  return written > decided
}

/** Tokens of customers 1 to `customers`, signed as the gateway signs them. */
export function signTokens(): string[] {
  const secret = shopSettings.JWT_SECRETS
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const head = encode({ alg: 'HS256', typ: 'JWT', kid: createHash('sha256').update(secret).digest('hex').slice(0, 8) })
  const now = Math.floor(Date.now() / 1000)
  return Array.from({ length: customers }, (_, index) => {
    const claims = {
      sub: String(index + 2),
      sid: index + 1,
      role: 'customer',
      aud: 'kakilima',
      iat: now,
      exp: now + 86_400,
    }
    const signed = `${head}.${encode(claims)}`
    return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
  })
}
