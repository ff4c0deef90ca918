import type { CatalogProduct } from '@kakilima/contracts/catalog'
import type { Category } from '@kakilima/contracts/inventory'
import { ask } from '@kakilima/ui/http'

/** What a list of products shows of each. */
const cardFields = 'id,slug,name,price,stock,image,images,category,category_slug'
export type ProductCard = Pick<
  CatalogProduct,
  'id' | 'slug' | 'name' | 'price' | 'stock' | 'image' | 'images' | 'category' | 'category_slug'
>

export const pageSize = 24

/** What a customer looks for. Stands in the address of the list, so that it can be shared. */
export type ProductSearch = {
  search: string
  category: string
  min: number | undefined
  max: number | undefined
  inStock: boolean
  sort: Sort
}

const sorts = { newest: '-id', cheap: 'price,id', dear: '-price,id', name: 'name,id' } as const
export type Sort = keyof typeof sorts
export const sortNames = Object.keys(sorts) as Sort[]

type Items<T> = { data: T[]; meta?: { filter_count: number } }

/** A page of products, the first one is 0, and how many fit in all. */
export async function findProducts(
  { search, category, min, max, inStock, sort }: ProductSearch,
  page: number,
): Promise<{ products: ProductCard[]; count: number }> {
  const conditions = [
    ...(category === '' ? [] : [{ category_slug: { _eq: category } }]),
    ...(min === undefined ? [] : [{ price: { _gte: min } }]),
    ...(max === undefined ? [] : [{ price: { _lte: max } }]),
    ...(inStock ? [{ stock: { _gt: 0 } }] : []),
  ]
  const { data, meta } = await ask<Items<ProductCard>>(
    itemsPath({
      fields: cardFields,
      sort: sorts[sort],
      limit: String(pageSize),
      offset: String(page * pageSize),
      meta: 'filter_count',
      ...(search.trim() !== '' && { search: search.trim() }),
      ...(conditions.length > 0 && { filter: JSON.stringify({ _and: conditions }) }),
    }),
  )
  return { products: data, count: meta!.filter_count }
}

/** The newest products, and those of which little is left, for the home page. */
export async function newestProducts(limit: number): Promise<ProductCard[]> {
  return (await ask<Items<ProductCard>>(itemsPath({ fields: cardFields, sort: '-id', limit: String(limit) }))).data
}

export async function lastUnits(limit: number): Promise<ProductCard[]> {
  const filter = JSON.stringify({ _and: [{ stock: { _gt: 0 } }, { stock: { _lte: 5 } }] })
  return (
    await ask<Items<ProductCard>>(itemsPath({ fields: cardFields, sort: 'stock,id', limit: String(limit), filter }))
  ).data
}

/** The product of an address, or undefined when there is none (any more). */
export async function findProduct(slug: string): Promise<CatalogProduct | undefined> {
  const filter = JSON.stringify({ slug: { _eq: slug } })
  return (await ask<Items<CatalogProduct>>(itemsPath({ limit: '1', filter }))).data[0]
}

/** Products by their ids, as they are now. Those that are not sold any more are missing. */
export async function productsOf(ids: number[]): Promise<CatalogProduct[]> {
  if (ids.length === 0) return []
  const filter = JSON.stringify({ id: { _in: ids } })
  return (await ask<Items<CatalogProduct>>(itemsPath({ limit: String(ids.length), filter }))).data
}

export async function similarProducts(
  { id, category_slug: slug }: CatalogProduct,
  limit: number,
): Promise<ProductCard[]> {
  if (slug === null) return []
  const filter = JSON.stringify({
    _and: [{ category_slug: { _eq: slug } }, { id: { _neq: id } }, { stock: { _gt: 0 } }],
  })
  return (await ask<Items<ProductCard>>(itemsPath({ fields: cardFields, sort: '-id', limit: String(limit), filter })))
    .data
}

export async function listCategories(): Promise<Category[]> {
  return (await ask<Category[]>('/api/v1/categories')).filter((category) => category.product_count > 0)
}

function itemsPath(parameters: Record<string, string>): string {
  return `/items/products?${new URLSearchParams(parameters).toString()}`
}
