import type { LocationQuery, LocationQueryRaw } from 'vue-router'
import { type ProductSearch, type Sort, sortNames } from './api.ts'

/** What the address of the list asks for. What is nonsense there counts as missing. */
export function readSearch(query: LocationQuery): ProductSearch {
  return {
    search: textOf(query.cari).slice(0, 100),
    category: textOf(query.kategori),
    min: amountOf(query.dari),
    max: amountOf(query.sampai),
    inStock: query.tersedia === '1',
    sort: sortNames.find((name) => name === query.urut) ?? ('newest' satisfies Sort),
  }
}

/** The address of a list, with nothing in it that goes without saying. */
export function writeSearch({ search, category, min, max, inStock, sort }: ProductSearch): LocationQueryRaw {
  return {
    ...(search.trim() !== '' && { cari: search.trim() }),
    ...(category !== '' && { kategori: category }),
    ...(min !== undefined && { dari: String(min) }),
    ...(max !== undefined && { sampai: String(max) }),
    ...(inStock && { tersedia: '1' }),
    ...(sort !== 'newest' && { urut: sort }),
  }
}

function textOf(value: LocationQuery[string] | undefined): string {
  return typeof value === 'string' ? value : ''
}

/** A number of rupiah, however it is grouped: `150.000`, `150000`. */
export function amountOf(value: unknown): number | undefined {
  const digits = typeof value === 'string' ? value.replaceAll(/\D/g, '') : ''
  return digits === '' || digits.length > 13 ? undefined : Number(digits)
}
