import type { Category, CategoryChange } from '@kakilima/contracts/inventory'
import { read, write } from '../../desk-api.ts'
import { sendFile } from '../../send-file.ts'

export const listCategories = () => read<Category[]>('/categories')
export const createCategory = (name: string) => write<Category>('POST', '/categories', { name })
export const changeCategory = (id: number, change: CategoryChange) =>
  write<Category>('PUT', `/categories/${id}`, change)
export const deleteCategory = (id: number) => write<unknown>('DELETE', `/categories/${id}`)

export async function setPicture(
  id: number,
  file: File,
  onSent: (sent: number, all: number) => void,
): Promise<Category> {
  return JSON.parse(await sendFile(`/categories/${id}/image`, file, { method: 'PUT', onSent })) as Category
}
export const removePicture = (id: number) => write<Category>('DELETE', `/categories/${id}/image`)
