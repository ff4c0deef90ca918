import type { UserClient } from '@kakilima/contracts/clients'
import type { OrderCustomer } from '@kakilima/contracts/order/desk'
import { isProblem } from '@kakilima/contracts/problems'
import type { User } from '@kakilima/contracts/user'
import type { Logger } from '@kakilima/kit/logger'

export type PeopleDeps = { users: UserClient; logger: Logger }

const mostIdsInOneCall = 1000

/** The users with these ids, or undefined while the user service is away: staff go on without names, and the log says why. */
export async function findPeople({ users, logger }: PeopleDeps, ids: number[]): Promise<Map<number, User> | undefined> {
  const wanted = [...new Set(ids)]
  const found = new Map<number, User>()
  try {
    for (let start = 0; start < wanted.length; start += mostIdsInOneCall) {
      for (const user of await users.list(wanted.slice(start, start + mostIdsInOneCall))) found.set(user.id, user)
    }
    return found
  } catch (error) {
    if (!isProblem(error, 'neighbor-unavailable', 'neighbor-failed')) throw error
    logger.warn({ err: error }, 'orders are shown without their customers: the user service is away')
    return undefined
  }
}

/** Joins orders with their customers, by one call and not one for each. */
export async function withCustomers<T extends { user_id: number }>(
  deps: PeopleDeps,
  orders: T[],
): Promise<(T & { customer: OrderCustomer | null })[]> {
  const people = await findPeople(
    deps,
    orders.map((order) => order.user_id),
  )
  return orders.map((order) => ({ ...order, customer: customerOf(people?.get(order.user_id)) }))
}

function customerOf(user: User | undefined): OrderCustomer | null {
  if (user === undefined) return null
  const { id, name, phone, email } = user
  return { id, name, phone, email }
}
