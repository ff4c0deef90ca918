import type { ProductInput } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { slugOf } from '@kakilima/contracts/slug'
import type { Db } from '@kakilima/kit/database'
import { currentRequest } from '@kakilima/kit/request-context'
import { sql } from 'kysely'
import type { InventoryTables } from '../database.ts'
import type { StoredImage } from '../images/image.ts'

const maxTries = 10

export type ProductToInsert = { input: ProductInput; categoryId: number | null; images: StoredImage[] }

/**
 * Stores products with their first stock, and nothing that tells of them. Returns their ids.
 * Throws `slug-taken` for a slug that was given.
 */
export async function insertProducts(tx: Db<InventoryTables>, products: ProductToInsert[]): Promise<number[]> {
  const ids: number[] = []
  for (let left = products, attempt = 1; left.length > 0; attempt++) {
    if (attempt > maxTries) throw problem('slug-taken')
    const stored = await insertOnce(tx, left)
    ids.push(...stored.map((row) => row.id))
    const isStored = new Set(stored.map((row) => row.place))
    // Whoever takes the same slug at the same moment is waited for. Then nothing is inserted, and the next round sees that slug.
    left = left.filter((_, place) => !isStored.has(place))
    if (left.some(({ input }) => input.slug !== undefined)) throw problem('slug-taken')
  }
  return ids
}

/** Stores those of the products whose slugs are free. Returns the id of each with its place among those given. */
async function insertOnce(
  tx: Db<InventoryTables>,
  products: ProductToInsert[],
): Promise<{ id: number; place: number }[]> {
  const values = products.map(({ input, categoryId, images }, place) => {
    const {
      price,
      stock,
      description = '',
      sku = null,
      image = null,
      status = 'published',
      weight_grams = null,
    } = input
    const name = input.name.trim()
    const slug = { own: input.slug ?? slugOf(name), is_given: input.slug !== undefined }
    return {
      place,
      ...slug,
      name,
      price,
      stock,
      description,
      sku,
      category_id: categoryId,
      image,
      images,
      status,
      weight_grams,
    }
  })
  const { rows } = await sql<{ id: number; place: number }>`
    with given as materialized (
      select nextval(pg_get_serial_sequence('products', 'id')) as id, ordered.*
      from (
        select * from jsonb_to_recordset(${JSON.stringify(values)}::jsonb) as row(place int8, own text, is_given boolean, name text,
          price int8, stock int8, description text, sku text, category_id int8, image text, images jsonb, status text, weight_grams int8)
        order by place
      ) as ordered
    ), product as (
      insert into products (id, slug, name, price, stock, description, sku, category_id, image, images, status, weight_grams)
      overriding system value
      select id,
        case when is_given then own
          when own = '' then 'product-' || id
          when exists (select from products where slug = own)
            or row_number() over (partition by own order by place) > 1 then own || '-' || id
          else own end,
        name, price, stock, description, sku, category_id, image, images, status, weight_grams
      from given order by id
      on conflict (slug) do nothing
      returning id, stock
    ), movement as (
      insert into stock_movements (product_id, quantity, reason, actor_id)
      select id, stock, 'initial', ${currentRequest()?.actorId ?? null}::int8 from product where stock > 0 order by id
    )
    select given.id, given.place from product join given on given.id = product.id order by id`.execute(tx)
  return rows
}
