import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { folderImageStore } from './image-store.ts'

const folder = await mkdtemp(join(tmpdir(), 'kakilima-images-'))
const store = folderImageStore(join(folder, 'images'))
afterAll(() => rm(folder, { recursive: true }))

test('a file is stored below the folder, in place of what was there, and deleted', async () => {
  await store.put('products/1-160.webp', Buffer.from('one'))
  await store.put('products/1-160.webp', Buffer.from('two'))
  expect(await readFile(join(folder, 'images/products/1-160.webp'), 'utf8')).toBe('two')
  expect(await readdir(join(folder, 'images/products'))).toEqual(['1-160.webp'])
  await store.delete('products/1-160.webp')
  await store.delete('products/1-160.webp')
  expect(await readdir(join(folder, 'images/products'))).toEqual([])
})

test('whoever looks while a file is stored sees all of it or nothing', async () => {
  const bytes = Buffer.alloc(2 ** 20, 'x')
  let isDone = false
  const looking = (async () => {
    const sizes = new Set<number>()
    while (!isDone)
      sizes.add((await readFile(join(folder, 'images/products/2.webp')).catch(() => ({ length: 0 }))).length)
    return sizes
  })()
  for (let round = 0; round < 20; round++) await store.put('products/2.webp', bytes)
  isDone = true
  for (const size of await looking) expect([0, bytes.length]).toContain(size)
})

test('what cannot be stored leaves nothing behind', async () => {
  await writeFile(join(folder, 'images/occupied'), '')
  await expect(store.put('occupied/3.webp', Buffer.from('x'))).rejects.toThrow('EEXIST')
  await store.put('products/folder/4.webp', Buffer.from('x'))
  await expect(store.put('products/folder', Buffer.from('x'))).rejects.toThrow('EISDIR')
  expect((await readdir(join(folder, 'images/products'))).filter((name) => name.startsWith('.'))).toEqual([])
})
