import { expect, test } from 'vitest'
import { demoProducts } from './demo-products.ts'
import { drawProduct, slugOf } from './draw-product.ts'

test('a drawing says the name of its product, whatever is in it', () => {
  const svg = drawProduct({ title: 'Garam & <Lada>', tint: '#fff', icon: '<path d="M0 0"/>' })
  expect(svg).toContain('<title>Garam &amp; &lt;Lada&gt;</title>')
  expect(svg).toContain('role="img"')
  expect(svg).toContain('<path d="M0 0"/>')
})

test.each([
  ['Teko Enamel 1,5 Liter', 'teko-enamel-1-5-liter'],
  ['Bingkai Foto Kayu 20 × 25 cm', 'bingkai-foto-kayu-20-25-cm'],
  ['Cokelat Batang Sulawesi 70%', 'cokelat-batang-sulawesi-70'],
])('%s becomes %s in an address', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
})

test('the demo shop has 200 products, each with a picture, a code and a name of its own', async () => {
  const products = await demoProducts()
  expect(products).toHaveLength(200)
  expect(new Set(products.map(({ file }) => file)).size).toBe(200)
  expect(new Set(products.map(({ input }) => input.sku)).size).toBe(200)
  expect(products[0]?.input).toMatchObject({
    name: 'Sepatu Sport',
    price: 250_000,
    stock: 10,
    category: 'Sepatu & Tas',
  })
  expect(products[1]?.input).toMatchObject({ name: 'Tas Ransel', price: 150_000, stock: 15 })
})
