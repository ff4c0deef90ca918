import type { Product } from './inventory.ts'

/** A product as the catalog shows it. Its `stock` is what can be sold now. */
export type CatalogProduct = Omit<Product, 'reserved' | 'available'>
