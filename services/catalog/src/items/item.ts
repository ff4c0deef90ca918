/** What a field of an item holds. */
export type FieldType = 'integer' | 'text' | 'timestamp' | 'json'

/** The fields of an item, which are columns of the table, in the order that an answer has them. Nothing else is ever named in a statement. */
export const fieldTypes = {
  id: 'integer',
  name: 'text',
  description: 'text',
  price: 'integer',
  stock: 'integer',
  category: 'text',
  category_slug: 'text',
  slug: 'text',
  sku: 'text',
  image: 'text',
  images: 'json',
  status: 'text',
  weight_grams: 'integer',
  version: 'integer',
  created_at: 'timestamp',
  updated_at: 'timestamp',
} as const satisfies Record<string, FieldType>

export type ItemField = keyof typeof fieldTypes

export const itemFields = Object.keys(fieldTypes) as ItemField[]

export function isItemField(name: string): name is ItemField {
  return Object.hasOwn(fieldTypes, name)
}

/** Who reads. The public sees what is published and nothing else, in no way; staff see every status. */
export type Visibility = 'public' | 'staff'
