import { productOrders, type ProductSort } from '@kakilima/contracts/desk-products'
import type { Product } from '@kakilima/contracts/inventory'
import type { LocationQuery } from 'vue-router'
import { queryOf } from '../../desk-api.ts'

export type ProductStatus = Product['status']
export const productStatuses: ProductStatus[] = ['published', 'draft', 'archived']

/** What staff look for among products. Stands in the address of the page, so that it can be shared and gone back to. */
export type ProductSearch = {
  search: string
  status: ProductStatus | ''
  /** The slug of a category; `-` are those without one. */
  category: string
  isLow: boolean
  sort: ProductSort
}

const newestFirst: ProductSort = '-id'

export function readSearch({ cari, status, kategori, stok, urut }: LocationQuery): ProductSearch {
  return {
    search: typeof cari === 'string' ? cari : '',
    status: productStatuses.find((known) => known === status) ?? '',
    category: typeof kategori === 'string' ? kategori : '',
    isLow: stok === 'menipis',
    sort: isSort(urut) ? urut : newestFirst,
  }
}

export function writeSearch({ search, status, category, isLow, sort }: ProductSearch): Record<string, string> {
  return {
    ...(search !== '' && { cari: search }),
    ...(status !== '' && { status }),
    ...(category !== '' && { kategori: category }),
    ...(isLow && { stok: 'menipis' }),
    ...(sort !== newestFirst && { urut: sort }),
  }
}

export function isFiltered(search: ProductSearch): boolean {
  return Object.keys(writeSearch(search)).some((name) => name !== 'urut')
}

/** The address of the first page of what is looked for. */
export function pathOf({ search, status, category, isLow, sort }: ProductSearch, lowStockAt: number): string {
  const query = {
    search,
    status,
    category_slug: category,
    available_at_most: isLow ? lowStockAt : undefined,
    sort,
    limit: 100,
  }
  return `/desk/products${queryOf(query)}`
}

function isSort(text: unknown): text is ProductSort {
  return typeof text === 'string' && productOrders.some((order) => text === order || text === `-${order}`)
}
