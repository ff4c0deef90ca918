import type { Order } from '@kakilima/contracts/order/order'
import { problem } from '@kakilima/contracts/problems'
import { silentLogger } from '@kakilima/testkit/app'
import { fakeInventory } from '@kakilima/testkit/fake-inventory'
import { fakeUsers, unreachable } from '@kakilima/testkit/fake-neighbors'
import { expect, test } from 'vitest'
import { orderDetails } from './order-details.ts'

const logger = silentLogger()

function orderOf(id: number, user_id = 7, product_id = 3): Order {
  return {
    id,
    user_id,
    product_id,
    quantity: 2,
    total_price: 36_000,
    payment_status: false,
    confirmed: false,
    status: 'awaiting_payment',
    payment_method: null,
    expires_at: null,
    paid_at: null,
    confirmed_at: null,
    ended_at: null,
    paid_by_payment_id: null,
    reason: null,
    shortages: [],
    version: 1,
    created_at: '2026-11-22T08:00:00.000Z',
    updated_at: '2026-11-22T08:00:00.000Z',
    // Another name and price than the product has by now.
    lines: [{ product_id, name: 'Kopi as it was', unit_price: 18_000, quantity: 2 }],
  }
}

const bought = { id: 3, name: 'Kopi as it was', price: 18_000 }

test('an order is told with its customer and product in place of their ids, at the price of then', async () => {
  const [detail] = await orderDetails({ users: fakeUsers(7), inventory: fakeInventory(), logger }, [orderOf(1)])
  const { user_id: _user, product_id: _product, ...order } = orderOf(1)
  expect(detail).toEqual({
    ...order,
    user: { id: 7, name: 'Customer 7', phone: '081234567890' },
    product: { ...bought, sku: 'SKU-3', category: 'food', image: null },
  })
})

test('many orders are joined with one call for each neighbour', async () => {
  const inventory = fakeInventory()
  const users = fakeUsers(7, 8)
  let calls = 0
  users.refuse = () => void calls++
  const details = await orderDetails({ users, inventory, logger }, [
    orderOf(1, 7, 3),
    orderOf(2, 8, 4),
    orderOf(3, 7, 4),
  ])
  expect(details.map((detail) => [detail.id, detail.user.name, detail.product.sku])).toEqual([
    [1, 'Customer 7', 'SKU-3'],
    [2, 'Customer 8', 'SKU-4'],
    [3, 'Customer 7', 'SKU-4'],
  ])
  expect(inventory.calls).toEqual([{ verb: 'list', ids: [3, 4] }])
  expect(calls).toBe(1)
})

test('more ids than one call may ask for are asked for in several', async () => {
  const inventory = fakeInventory()
  const orders = Array.from({ length: 1500 }, (_, index) => orderOf(index + 1, 7, index + 1))
  const details = await orderDetails({ users: fakeUsers(7), inventory, logger }, orders)
  expect(inventory.calls.map((call) => call.ids.length)).toEqual([1000, 500])
  expect(details.at(-1)!.product.sku).toBe('SKU-1500')
})

test('no orders need no neighbour', async () => {
  const inventory = fakeInventory()
  const users = fakeUsers()
  users.refuse = () => expect.unreachable()
  expect(await orderDetails({ users, inventory, logger }, [])).toEqual([])
  expect(inventory.calls).toEqual([])
})

test.each([unreachable('user'), problem('neighbor-failed')])(
  'a user service that is away only leaves out what it would have added: %s',
  async (failure) => {
    const users = fakeUsers(7)
    users.refuse = () => {
      throw failure
    }
    const [detail] = await orderDetails({ users, inventory: fakeInventory(), logger }, [orderOf(1)])
    expect(detail!.user).toEqual({ id: 7 })
    expect(detail!.product.sku).toBe('SKU-3')
  },
)

test('an inventory that is away only leaves out what it would have added', async () => {
  const inventory = fakeInventory()
  inventory.refuse = () => {
    throw unreachable('inventory')
  }
  const [detail] = await orderDetails({ users: fakeUsers(7), inventory, logger }, [orderOf(1)])
  expect(detail!.product).toEqual(bought)
  expect(detail!.user.name).toBe('Customer 7')
})

test('a customer and a product that are gone are named by what the order knows', async () => {
  const inventory = fakeInventory()
  inventory.list = async () => []
  const [detail] = await orderDetails({ users: fakeUsers(), inventory, logger }, [orderOf(1)])
  expect([detail!.user, detail!.product]).toEqual([{ id: 7 }, bought])
})

test('a bug is not taken for a neighbour that is away', async () => {
  const users = fakeUsers(7)
  users.refuse = () => {
    throw new TypeError('a bug')
  }
  await expect(orderDetails({ users, inventory: fakeInventory(), logger }, [orderOf(1)])).rejects.toThrow(TypeError)
})
