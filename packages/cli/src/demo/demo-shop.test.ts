import { expect, test } from 'vitest'
import { demoShop } from './demo-shop.ts'

const { categories, products } = await demoShop()

test('the demo shop has 200 products, each with a picture, a code and a name of its own', () => {
  expect(products).toHaveLength(200)
  expect(new Set(products.map(({ input }) => input.sku)).size).toBe(200)
  expect(products[0]?.input).toMatchObject({
    name: 'Sepatu Sport',
    price: 250_000,
    stock: 10,
    category: 'Sepatu & Tas',
  })
  expect(products[1]?.input).toMatchObject({ name: 'Tas Ransel', price: 150_000, stock: 15 })
})

test('its categories are those of its products, each with a place and a picture of its own', () => {
  const names = categories.map(({ input }) => input.name)
  expect(new Set(names)).toEqual(new Set(products.map(({ input }) => input.category)))
  expect(categories.map(({ input }) => input.position).toSorted((a, b) => a! - b!)).toEqual(
    names.map((_, index) => index + 1),
  )
  expect(new Set([...categories, ...products].map(({ file }) => file)).size).toBe(names.length + products.length)
  for (const { svg, input } of categories)
    expect(svg).toContain(`<title>${input.name.replaceAll('&', '&amp;')}</title>`)
})
