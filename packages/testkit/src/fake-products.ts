import { type FeedPosition, feedPage } from '@kakilima/contracts/event-feed'
import type { ShopEvent } from '@kakilima/contracts/events'
import type { Product, Tombstone } from '@kakilima/contracts/inventory'
import type { EventFeedClient, ProductClient } from '@kakilima/contracts/shop-clients'

export type FakeProducts = {
  feed: EventFeedClient
  products: Pick<ProductClient, 'page' | 'deleted'>
  create: (fields?: Partial<Product>) => Product
  change: (id: number, fields: Partial<Product>) => void
  /** Changes what can be sold, and announces it. */
  sell: (id: number, quantity: number) => void
  delete: (id: number) => void
  /** The products that are not gone. */
  all: () => Product[]
  /** Makes an event that was given out come again. */
  repeat: (event: ShopEvent) => void
  events: ShopEvent[]
  /** Drops all events. Whoever has not read them is told so. */
  trim: () => void
  /** Goes back to an older copy of itself. */
  restore: (copy: FakeCopy) => void
  copy: () => FakeCopy
  /** What was asked, in order. */
  calls: ('begin' | 'read' | 'leave' | 'page' | 'deleted')[]
  /** Set by a test to do something before a question is answered, or to throw in place of it. */
  beforeAnswer: (call: FakeProducts['calls'][number]) => void | Promise<void>
}

type FakeCopy = { products: Product[]; tombstones: Tombstone[]; events: ShopEvent[]; lastEventId: number }

/** An inventory in memory that keeps products and tells of them, as far as those who copy them ask. */
export function fakeProducts(): FakeProducts {
  let state: FakeCopy = { products: [], tombstones: [], events: [], lastEventId: 0 }
  let trimmedUpTo = 0
  let seconds = 0

  const now = () => new Date(Date.UTC(2026, 10, 22, 8, 0, ++seconds)).toISOString()
  const find = (id: number) => state.products.find((product) => product.id === id)!

  function tell(type: ShopEvent['type'], data: { id: number; version: number }): void {
    const event = {
      id: ++state.lastEventId,
      type,
      subject_id: data.id,
      version: data.version,
      occurred_at: now(),
      data,
    }
    state.events.push(structuredClone(event))
  }

  async function answer<T>(call: FakeProducts['calls'][number], reply: () => T): Promise<T> {
    await fake.beforeAnswer(call)
    fake.calls.push(call)
    return structuredClone(reply())
  }

  function page<T extends { id: number }>(rows: T[], query: string): T[] {
    const parameters = new URLSearchParams(query)
    const after = Number(parameters.get('after'))
    return rows
      .filter(({ id }) => id > after)
      .toSorted((one, other) => one.id - other.id)
      .slice(0, Number(parameters.get('limit')))
  }

  function touch(product: Product, fields: Partial<Product>): void {
    Object.assign(product, fields, { version: product.version + 1, updated_at: now() })
    product.available = product.stock - product.reserved
  }

  const fake: FakeProducts = {
    calls: [],
    beforeAnswer: () => undefined,
    get events() {
      return state.events
    },
    feed: {
      begin: () => answer('begin', (): FeedPosition => ({ after: state.lastEventId, missing: [] })),
      read: ({ after, missing }) =>
        answer('read', () => ({
          events: state.events.filter(({ id }) => id > after || missing.includes(id)).slice(0, feedPage),
          settled: state.lastEventId,
          is_cut: after < trimmedUpTo || after > state.lastEventId,
        })),
      leave: () => answer('leave', () => ({ message: 'left' })),
    },
    products: {
      page: (query) => answer('page', () => page(state.products, query)),
      deleted: (query) => answer('deleted', () => page(state.tombstones, query)),
    },
    create(fields = {}) {
      const id = Math.max(0, ...[...state.products, ...state.tombstones].map((known) => known.id)) + 1
      const created_at = now()
      const product: Product = {
        id,
        slug: `product-${id}`,
        name: `Product ${id}`,
        price: 1000,
        stock: 10,
        reserved: 0,
        available: 10,
        description: '',
        sku: null,
        category: null,
        category_slug: null,
        image: null,
        images: [],
        status: 'published',
        weight_grams: null,
        version: 1,
        created_at,
        updated_at: created_at,
        ...fields,
      }
      state.products.push(product)
      tell('product.created', product)
      return product
    },
    change(id, fields) {
      touch(find(id), fields)
      tell('product.updated', find(id))
    },
    sell(id, quantity) {
      touch(find(id), { stock: find(id).stock - quantity })
      const { version, stock, reserved, available, updated_at } = find(id)
      tell('stock.changed', { id, version, stock, reserved, available, updated_at } as { id: number; version: number })
    },
    delete(id) {
      const tombstone = { id, version: find(id).version + 1 }
      state.products = state.products.filter((product) => product.id !== id)
      state.tombstones.push(tombstone)
      tell('product.deleted', tombstone)
    },
    all: () => state.products,
    repeat: (event) => void state.events.push({ ...event, id: ++state.lastEventId }),
    trim() {
      state.events = []
      trimmedUpTo = state.lastEventId
    },
    copy: () => structuredClone(state),
    restore(copy) {
      state = structuredClone(copy)
    },
  }
  return fake
}
