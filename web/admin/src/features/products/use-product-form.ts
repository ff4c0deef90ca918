import type { Product, ProductChange, ProductInput } from '@kakilima/contracts/inventory'
import { ProblemError } from '@kakilima/ui/http'
import { computed, reactive, ref } from 'vue'
import { readNumber, writeNumber } from '../../parts/typed-number.ts'
import type { ProductStatus } from './product-search.ts'

const fields = ['name', 'price', 'stock', 'description', 'sku', 'category', 'weight_grams', 'slug', 'status'] as const
export type ProductField = (typeof fields)[number]
/** All as it is typed. */
type Given = Record<Exclude<ProductField, 'status'>, string> & { status: ProductStatus }

const blank: Given = {
  name: '',
  price: '',
  stock: '',
  description: '',
  sku: '',
  category: '',
  weight_grams: '',
  slug: '',
  status: 'published',
}

/**
 * What is typed of a product, new or not. `change` is what differs from the stored product and nothing else, so that what others changed
 * meanwhile stays. Faults are names of texts.
 */
export function useProductForm() {
  const given = reactive<Given>({ ...blank })
  const stored = ref<Product>()
  const base = ref<Given>({ ...blank })
  const faults = reactive<Partial<Record<ProductField, string>>>({})

  // The units on hand of a stored product are changed elsewhere, by differences.
  const changed = computed(() =>
    fields.filter((field) => given[field] !== base.value[field] && !(field === 'stock' && stored.value !== undefined)),
  )

  /** Takes what is stored by now. What was typed and not saved stays. */
  function fill(product: Product): void {
    const next = givenOf(product)
    for (const field of fields) if (given[field] === base.value[field]) setField(field, next[field])
    base.value = next
    stored.value = product
  }

  function setField(field: ProductField, value: string): void {
    Object.assign(given, { [field]: value })
  }

  /** Looks for what can't be right. Says whether there is nothing. */
  function check(): boolean {
    for (const field of fields) delete faults[field]
    const isNew = stored.value === undefined
    const wrong: Partial<Record<ProductField, boolean>> = {
      name: given.name.trim() === '' || given.name.trim().length > 200,
      price: !isWithin(given.price, 1_000_000_000_000),
      stock: isNew && given.stock !== '' && !isWithin(given.stock, 1_000_000_000),
      description: given.description.length > 10_000,
      sku: given.sku.trim().length > 100,
      category: given.category.trim().length > 200,
      weight_grams: given.weight_grams !== '' && !isWithin(given.weight_grams, 1_000_000_000),
      slug: given.slug === '' ? !isNew : !/^[a-z0-9-]{1,200}$/.test(given.slug),
    }
    for (const field of fields) if (wrong[field] === true) faults[field] = field
    return Object.keys(faults).length === 0
  }

  /** Notes what the shop found wrong beside the fields that it names. Says whether it named any. */
  function noteFaults(error: unknown): boolean {
    if (!(error instanceof ProblemError)) return false
    if (error.type === 'slug-taken') faults.slug = 'slugTaken'
    if (error.type === 'invalid-input') {
      for (const { pointer } of (error.extensions.errors ?? []) as { pointer: string }[]) {
        const field = fields.find((name) => pointer.startsWith(`/${name}`))
        if (field !== undefined) faults[field] = field === 'status' ? 'other' : field
      }
    }
    return Object.keys(faults).length > 0
  }

  function input(): ProductInput {
    return {
      ...valuesOf(given),
      name: given.name.trim(),
      price: readNumber(given.price)!,
      stock: readNumber(given.stock) ?? 0,
      ...(given.slug !== '' && { slug: given.slug }),
    }
  }

  function change(): ProductChange {
    const values: ProductChange = {
      ...valuesOf(given),
      name: given.name.trim(),
      price: readNumber(given.price)!,
      slug: given.slug,
    }
    return Object.fromEntries(changed.value.map((field) => [field, values[field]]))
  }

  return { given, faults, stored, changed, fill, check, noteFaults, input, change }
}

function isWithin(text: string, most: number): boolean {
  const value = readNumber(text)
  return value !== undefined && value <= most
}

function valuesOf({ description, sku, category, weight_grams, status }: Given) {
  const weight = readNumber(weight_grams)
  return {
    description,
    sku: sku.trim() || null,
    category: category.trim() || null,
    weight_grams: weight ?? null,
    status,
  }
}

function givenOf(product: Product): Given {
  const { name, price, stock, description, sku, category, weight_grams, slug, status } = product
  return {
    name,
    price: writeNumber(price),
    stock: String(stock),
    description,
    sku: sku ?? '',
    category: category ?? '',
    weight_grams: weight_grams === null ? '' : writeNumber(weight_grams),
    slug,
    status,
  }
}
