import type { Product } from '@kakilima/contracts/inventory'
import type { StockChange } from '@kakilima/contracts/events'
import { isProblem } from '@kakilima/contracts/problems'
import type { Dispatcher } from 'undici'
import type { SentRequest } from '../database.ts'
import type { ClaimedDelivery } from '../deliveries/claim-deliveries.ts'
import { judge, type Outcome, readRetryAfter } from '../deliveries/delivery.ts'
import { type Answer, exchange, sentenceOf } from './exchange.ts'

/** A row of the collection and what is around it is not longer than this. */
const mostAnswerBytes = 256 * 1024
const shownCharacters = 2000

export type DirectusDeps = {
  agent: Dispatcher
  token: string
  /** The product as it is now, or a problem where it is gone. */
  findProduct: (id: number) => Promise<Product>
}

/** What of a product Directus holds; its `stock` is what buyers can have. */
function itemOf(product: Product): Record<string, unknown> {
  const { id, slug, name, description, price, sku, category, image, status, weight_grams, created_at } = product
  return {
    id,
    slug,
    name,
    description,
    price,
    sku,
    category,
    image,
    status,
    weight_grams,
    created_at,
    ...stockOf(product),
  }
}

function stockOf({ available, version, updated_at }: Pick<Product, 'available' | 'version' | 'updated_at'>) {
  return { stock: available, version, updated_at }
}

/**
 * Writes what an event tells of a product into the collection `products` of a Directus, and never something older over something newer.
 * Never throws: whatever happens is an outcome.
 */
export async function sendToDirectus(
  { agent, token, findProduct }: DirectusDeps,
  { event_type, subject, version, data, url }: ClaimedDelivery,
  signal: AbortSignal,
): Promise<Outcome> {
  const id = Number(subject.split(':')[1])
  const items = `${url.replace(/\/+$/, '')}/items/products`
  const last: { request: SentRequest | null; answer: Answer | undefined } = { request: null, answer: undefined }

  /** Throws the answer unless it is a success. */
  async function ask(method: string, address: string, body?: unknown): Promise<Answer> {
    const text = body === undefined ? null : JSON.stringify(body)
    const headers = { accept: 'application/json', ...(text !== null && { 'content-type': 'application/json' }) }
    // The token is not among what staff are shown.
    last.request = { method, url: address, headers, body: text }
    last.answer = undefined
    const authorized = { ...headers, authorization: `Bearer ${token}` }
    const answer = await exchange(agent, { ...last.request, headers: authorized }, mostAnswerBytes, signal)
    last.answer = answer
    if (judge(answer.status).verdict !== 'delivered') throw new RefusedError(`Directus answered ${answer.status}`)
    return answer
  }

  /** Looked for in the list: one that is not there is answered as one that may not be seen, and changing it as a success. */
  async function find(): Promise<Record<string, unknown> | undefined> {
    const found = JSON.parse((await ask('GET', `${items}?filter[id][_eq]=${id}&limit=1`)).text)
    if (!Array.isArray(found?.data)) throw new RefusedError('Directus did not answer with a list of products')
    return found.data[0]
  }

  /** Directus leaves out fields that the collection lacks when it creates, but refuses to change them where the token is no admin's. */
  async function change(held: Record<string, unknown>, item: Record<string, unknown>): Promise<void> {
    const known = Object.entries(item).filter(([field]) => Object.hasOwn(held, field))
    await ask('PATCH', `${items}/${id}`, Object.fromEntries(known))
  }

  async function write(): Promise<void> {
    const held = await find()
    const isLate = Number(held?.version ?? 0) > version
    if (event_type === 'product.deleted') {
      if (held !== undefined) await ask('DELETE', `${items}/${id}`)
    } else if (event_type === 'stock.changed') {
      if (held !== undefined && !isLate) await change(held, stockOf(data as StockChange))
    } else {
      // Where newer stock is there already, the other fields may be older than this event. Where nothing is there, the product may have
      // been deleted since. As it is now it is right in both cases.
      const product = isLate || held === undefined ? await presentProduct(id) : (data as Product)
      if (product === undefined) return
      const item = itemOf(product)
      if (held === undefined) await ask('POST', items, item)
      else await change(held, item)
    }
  }

  /** Undefined where it is deleted: that event comes or has come. */
  async function presentProduct(productId: number): Promise<Product | undefined> {
    try {
      return await findProduct(productId)
    } catch (error) {
      if (isProblem(error, 'product-not-found')) return undefined
      throw error
    }
  }

  const outcome = (verdict: 'delivered' | 'failed', error: string | null): Outcome => ({
    verdict,
    error,
    request: last.request,
    status: last.answer?.status ?? null,
    body: last.answer?.text.slice(0, shownCharacters) ?? null,
    retryAfterMs: readRetryAfter(last.answer?.headers['retry-after'], Date.now()),
  })
  try {
    await write()
    return outcome('delivered', null)
  } catch (error) {
    return outcome('failed', sentenceOf(error))
  }
}

class RefusedError extends Error {}
