import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '@kakilima/kit/database'
import { sql } from 'kysely'
import type { OrderTables } from '../database.ts'
import type { OrderRow } from '../orders/order.ts'

export type DecisionWaiter = {
  /** The order once it is decided, or undefined when that takes longer than `timeoutMs`. */
  wait: (orderId: number, timeoutMs: number) => Promise<OrderRow | undefined>
}

type Waiting = { resolve: (order: OrderRow | undefined) => void; reject: (error: unknown) => void }

const pollMs = 5

/** Looks for the decisions that anybody waits for, all with one query, and only while somebody waits. */
export function createDecisionWaiter(db: Db<OrderTables>): DecisionWaiter {
  const waiting = new Map<number, Set<Waiting>>()
  let isPolling = false

  async function poll(): Promise<void> {
    isPolling = true
    while (waiting.size > 0) {
      await sleep(pollMs)
      try {
        const { rows } =
          await sql<OrderRow>`select * from orders where id = any(${[...waiting.keys()]}::int8[])`.execute(db)
        for (const order of rows) settle(order.id, ({ resolve }) => resolve(order))
      } catch (error) {
        for (const id of waiting.keys()) settle(id, ({ reject }) => reject(error))
      }
    }
    isPolling = false
  }

  function settle(orderId: number, tell: (waiter: Waiting) => void): void {
    const waiters = waiting.get(orderId)
    waiting.delete(orderId)
    for (const waiter of waiters ?? []) tell(waiter)
  }

  return {
    wait(orderId, timeoutMs) {
      return new Promise((resolve, reject) => {
        const waiter = { resolve: done(resolve), reject: done(reject) }
        const timer = setTimeout(() => {
          const waiters = waiting.get(orderId)
          waiters?.delete(waiter)
          if (waiters?.size === 0) waiting.delete(orderId)
          resolve(undefined)
        }, timeoutMs)
        function done<T>(settleWith: (value: T) => void): (value: T) => void {
          return (value) => {
            clearTimeout(timer)
            settleWith(value)
          }
        }
        waiting.set(orderId, (waiting.get(orderId) ?? new Set()).add(waiter))
        if (!isPolling) void poll()
      })
    },
  }
}
