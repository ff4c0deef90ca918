import { problem } from '@kakilima/contracts/problems'
import type { StoredShop } from '@kakilima/contracts/shop'
import { silentLogger } from '@kakilima/testkit/app'
import { waitFor } from '@kakilima/testkit/call'
import { afterEach, expect, test } from 'vitest'
import { type ShopWatch, watchShop } from './watch-shop.ts'

const stored = (fields: Partial<StoredShop> = {}): StoredShop => ({
  name: null,
  logo: null,
  languages: ['id'],
  time_zone: 'Asia/Jakarta',
  low_stock_at: 5,
  version: 1,
  updated_at: '2026-11-22T08:00:00.000Z',
  ...fields,
})

let watch: ShopWatch
afterEach(() => watch.stop())

test('a shop that nobody has named is called as it was set up', async () => {
  watch = watchShop({ get: async () => stored() }, 'Kakilima', silentLogger())
  expect(watch.name()).toBe('Kakilima')
  await waitFor(async () => watch.known(), Boolean)
  expect(watch.require()).toMatchObject({ name: 'Kakilima', languages: ['id'] })
})

test('until it was learned for the first time, who needs it is told to come again', async () => {
  const get = async () => {
    throw problem('neighbor-unavailable', 'The inventory service cannot be reached')
  }
  watch = watchShop({ get }, 'Kakilima', silentLogger())
  expect(() => watch.require()).toThrow(expect.objectContaining({ type: 'neighbor-unavailable' }))
  expect([watch.known(), watch.name()]).toEqual([undefined, 'Kakilima'])
})

test('an answer that was asked for before a change of our own does not undo it', async () => {
  let answer: (shop: StoredShop) => void = () => undefined
  const asked = new Promise<StoredShop>((resolve) => (answer = resolve))
  watch = watchShop({ get: () => asked }, 'Kakilima', silentLogger())
  expect(watch.note(stored({ name: 'Warung', version: 2 }))).toMatchObject({ name: 'Warung' })
  answer(stored({ name: 'Lama' }))
  await asked
  // Stopping waits for the round that had asked.
  await watch.stop()
  expect(watch.name()).toBe('Warung')
})
