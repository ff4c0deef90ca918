import type { Category, Product, ProductChange, ProductInput } from '@kakilima/contracts/inventory'
import { queryOf, read, write } from '../../desk-api.ts'
import { sendFile } from '../../send-file.ts'

export const findProduct = (id: number) => read<Product>(`/desk/products/${id}`)
export const productsOf = (ids: number[]) =>
  read<Product[]>(`/desk/products${queryOf({ ids: ids.join(','), limit: ids.length })}`)
export const listCategories = () => read<Category[]>('/categories')

export const createProduct = (input: ProductInput) => write<Product>('POST', '/products', input)
export const changeProduct = (id: number, change: ProductChange) => write<Product>('PUT', `/products/${id}`, change)
export const duplicateProduct = (id: number) => write<Product>('POST', `/products/${id}/duplicate`, {})
export const deleteProduct = (id: number) => write<unknown>('DELETE', `/products/${id}`)

/** Says how many units there are by the difference to those that were seen, so that what was sold meanwhile stays sold. */
export const countStock = (id: number, counted: number, seen: number) =>
  write<Product>('PUT', `/products/${id}/stock`, { quantity: counted - seen, reason: 'count' })

export async function addImage(id: number, file: File, onSent: (sent: number, all: number) => void): Promise<Product> {
  return JSON.parse(await sendFile(`/products/${id}/images`, file, { onSent })) as Product
}
export const removeImage = (id: number, imageId: number) =>
  write<Product>('DELETE', `/products/${id}/images/${imageId}`)
export const orderImages = (id: number, imageIds: number[]) =>
  write<Product>('PUT', `/products/${id}/images`, { image_ids: imageIds })
