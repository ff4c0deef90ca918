import type { ProductSort } from '@kakilima/contracts/desk-products'
import { problem } from '@kakilima/contracts/problems'

/** A place in a list of products: the last one before it, by what the list is in the order of and by its id. */
export type DeskCursor = { key: number | string; id: number }

/** A place as text that can stand in an address. */
export function writeDeskCursor(sort: ProductSort, { key, id }: DeskCursor): string {
  return Buffer.from(JSON.stringify([sort, key, id])).toString('base64url')
}

/** Throws `invalid-input` for what is no place in a list of this order. */
export function readDeskCursor(text: string, sort: ProductSort): DeskCursor {
  let place: unknown
  try {
    place = JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    throw unknownPlace()
  }
  if (!Array.isArray(place) || place.length !== 3 || place[0] !== sort) throw unknownPlace()
  const [, key, id] = place as [string, unknown, unknown]
  const isText = sort === 'name' || sort === '-name'
  const isKey = isText ? typeof key === 'string' && !key.includes('\0') : Number.isSafeInteger(key)
  if (!isKey || !Number.isSafeInteger(id)) throw unknownPlace()
  return { key: key as DeskCursor['key'], id: id as number }
}

function unknownPlace() {
  return problem('invalid-input', 'query.cursor is none that a list in this order gave')
}
