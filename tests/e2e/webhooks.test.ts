import { callerOf, type Caller, type ServiceUrls, waitFor } from '@kakilima/testkit/call'
import { cloneDatabase, openTestDatabase } from '@kakilima/testkit/database-per-file'
import { type EventReceiver, type Message, startReceiver } from '@kakilima/testkit/event-receiver'
import { freeAddresses, type ServiceProcess, startService } from '@kakilima/testkit/shop'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'

let urls: ServiceUrls
let api: Caller
let receiver: EventReceiver
let inventory: ServiceProcess
let webhook: ServiceProcess
let environment: Record<string, string>
const [inventoryDatabase, webhookDatabase] = [await cloneDatabase('inventory'), await cloneDatabase('webhook')]
const inventoryDb = await openTestDatabase<any>(inventoryDatabase, 2)
const webhookDb = await openTestDatabase<any>(webhookDatabase, 2)

beforeAll(async () => {
  urls = await freeAddresses()
  api = callerOf(urls)
  receiver = await startReceiver()
  environment = {
    INVENTORY_URL: urls.inventory,
    // Nobody is there: this is about products.
    ORDER_URL: urls.order,
    USER_URL: urls.user,
    N8N_WEBHOOK_URL: receiver.url,
    N8N_WEBHOOK_SECRET: receiver.secret,
    WEBHOOK_TIMEOUT_SECONDS: '1',
    LOG_LEVEL: 'warn',
  }
  const portOf = (url: string) => new URL(url).port
  inventory = await startService('inventory', {
    ...environment,
    DATABASE_URL: inventoryDatabase,
    PORT: portOf(urls.inventory),
  })
  webhook = await startWebhook()
  // What happens before it follows the inventory service comes with the sync and not as an event.
  await waitFor(
    async () => (await sql`select from feed_positions where feed = 'inventory'`.execute(webhookDb)).rows.length,
    (followed) => followed === 1,
  )
})

afterAll(async () => {
  await webhook.stop()
  await inventory.stop()
  receiver.stop()
})

function startWebhook(settings: Record<string, string> = {}): Promise<ServiceProcess> {
  const own = { DATABASE_URL: webhookDatabase, PORT: new URL(urls.webhook).port }
  return startService('webhook', { ...environment, ...own, ...settings })
}

async function newProduct(stock = 10): Promise<number> {
  const { body } = await api.post('inventory', '/products', { name: 'Kopi', price: 5000, stock })
  return body.id
}

const arrived = (id: number, type?: string): Message[] =>
  receiver.arrived
    .map(({ message }) => message)
    .filter(({ data, type: its }) => data.id === id && (type === undefined || its === type))

/** All that became of products in the inventory service, as `id type`, oldest first. */
async function toldByInventory(): Promise<{ id: number; type: string; subject_id: number }[]> {
  const { rows } = await sql<{ id: number; type: string; subject_id: number }>`
    select id, type, subject_id from outbox order by id`.execute(inventoryDb)
  return rows
}

/** What a receiver holds that takes each message once and drops what is older than what it has, with the fields that we compare. */
function heldBy(messages: Message[]): Map<number, { name: string; available: number }> {
  const seen = new Set<string>()
  const held = new Map<number, { version: number; name: string; available: number } | null>()
  for (const { id, type, data } of messages) {
    if (seen.has(id)) continue
    seen.add(id)
    const known = held.get(data.id)
    if (known === null) continue
    if (type === 'product.deleted') held.set(data.id, null)
    else if (known === undefined || known.version <= data.version)
      held.set(data.id, { version: data.version, name: data.name ?? known?.name, available: data.available })
  }
  const present = [...held].filter(([, product]) => product !== null)
  return new Map(present.map(([id, product]) => [id, { name: product!.name, available: product!.available }]))
}

async function heldByInventory(): Promise<Map<number, { name: string; available: number }>> {
  const { body } = await api.get('inventory', '/products')
  return new Map(body.map(({ id, name, available }: any) => [id, { name, available }]))
}

/** Waits until nothing is left to be sent. */
async function untilDelivered(): Promise<void> {
  const last = (await toldByInventory()).at(-1)!.id
  await waitFor(
    async () => {
      const { rows } = await sql<{ after: number; waiting: number }>`
        select after, (select count(*) from deliveries where state = 'waiting') as waiting from feed_positions
        where feed = 'inventory'`.execute(webhookDb)
      return rows[0]
    },
    (row) => row !== undefined && row.after >= last && row.waiting === 0,
    90_000,
  )
}

/** Changes products in every way until it is told to stop. Returns how many changes were made. */
async function changeProducts(isOver: () => boolean): Promise<number> {
  let changes = 0
  const work = async (worker: number) => {
    const own: number[] = []
    for (let round = 0; !isOver(); round++) {
      const id = own[round % Math.max(1, own.length)]
      if (id === undefined || round % 7 === 0) own.push(await newProduct())
      else if (round % 7 === 3) await api.put('inventory', `/products/${id}/stock`, { quantity: 1 })
      else if (round % 7 === 5 && own.length > 3)
        await api.delete('inventory', `/products/${own.splice(own.indexOf(id), 1)[0]}`)
      else await api.put('inventory', `/products/${id}`, { name: `Kopi ${worker}.${round}` })
      changes++
      await new Promise((resolve) => setTimeout(resolve, 15))
    }
  }
  await Promise.all([1, 2, 3].map(work))
  return changes
}

test('what happens while the process is killed again and again and the receiver fails arrives all, in order, once in effect', async () => {
  const from = receiver.arrived.length
  let calls = 0
  receiver.answer = () => {
    calls++
    // Some are refused, and some are taken in without an answer that arrives.
    return calls % 11 === 0 ? 500 : calls % 13 === 0 ? 'cut' : 200
  }
  let isOver = false
  const changing = changeProducts(() => isOver)
  for (let round = 0; round < 3; round++) {
    const before = receiver.arrived.length
    await waitFor(
      async () => receiver.arrived.length,
      (length) => length > before + 20,
    )
    await webhook.kill()
    if (round === 1) receiver.goDown()
    webhook = await startWebhook()
    if (round === 1) {
      // Somebody tries in vain before it is there again.
      await waitFor(
        async () => {
          const { rows } = await sql<{ refused: number }>`
            select count(*) as refused from deliveries where error like '%ECONNREFUSED%'`.execute(webhookDb)
          return rows[0]!.refused
        },
        (refused) => refused > 0,
      )
      await receiver.comeUp()
    }
  }
  isOver = true
  const changes = await changing
  receiver.answer = () => 200
  await untilDelivered()

  const messages = receiver.arrived.slice(from).map(({ message }) => message)
  expect(receiver.refused()).toBe(0)
  const firsts = [...new Map(messages.map((message) => [message.id, message])).values()]
  const told = (await toldByInventory()).filter(({ type }) => type !== 'stock.changed')
  // Every change of a product, and of each product in its order. Those of its stock may take each other's place.
  const numberOf = ({ id }: Message) => Number(id.replace('inventory-', ''))
  for (const subject of new Set(told.map(({ subject_id }) => subject_id))) {
    const mine = firsts.filter(({ data, id }) => data.id === subject && !id.startsWith('sync-'))
    const changed = mine.filter(({ type }) => type !== 'stock.changed').map(numberOf)
    expect(changed).toEqual(told.filter(({ subject_id }) => subject_id === subject).map(({ id }) => id))
    expect(mine.map(numberOf)).toEqual(mine.map(numberOf).toSorted((one, other) => one - other))
  }
  expect(heldBy(messages)).toEqual(await heldByInventory())
  expect(told.length).toBeGreaterThan(changes / 2)
  const parked = await api.get('webhook', '/deliveries?state=parked')
  expect(parked.body).toEqual([])
}, 180_000)

/** Lets orders reserve one unit each, by the thousand, until it is told to stop. Returns how many did. */
async function sellInBulk(id: number, isOver: () => boolean): Promise<number> {
  let orders = 0
  while (!isOver()) {
    const batch = Array.from({ length: 500 }, () => ({ order_id: ++orders, lines: [{ product_id: id, quantity: 1 }] }))
    const { body } = await api.post('inventory', '/reservations/decisions', { orders: batch })
    expect(body.decisions.every(({ state }: { state: string }) => state === 'reserved')).toBe(true)
  }
  return orders
}

test.each([
  ['slow', 400],
  ['fast', 0],
])(
  'however often its stock changes, a %s receiver is told of a product four times a second at most',
  async (_speed, ms) => {
    const id = await newProduct(1_000_000)
    await waitFor(
      async () => arrived(id).length,
      (length) => length > 0,
    )
    receiver.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, ms))
      return 200
    }
    const orders = await sellInBulk(id, () => arrived(id, 'stock.changed').length >= 10)
    const { body: product } = await api.get('inventory', `/products/${id}`)
    await waitFor(
      async () => arrived(id, 'stock.changed').at(-1)?.data,
      (data) => data?.version === product.version && data?.available === product.available,
    )
    receiver.answer = () => 200
    const times = receiver.arrived
      .filter(({ message }) => message.type === 'stock.changed' && message.data.id === id)
      .map(({ at }) => at)
    // Between any one and the fourth after it lies a second. The clock of the database and ours may differ by a little.
    const spans = times.slice(4).map((at, index) => at - times[index]!)
    expect(Math.min(...spans)).toBeGreaterThan(995)
    expect(spans.length).toBeGreaterThan(4)
    expect(orders).toBeGreaterThan(100 * times.length)
    const versions = arrived(id, 'stock.changed').map(({ data }) => data.version)
    expect(versions).toEqual(versions.toSorted((one, other) => one - other))
  },
)
