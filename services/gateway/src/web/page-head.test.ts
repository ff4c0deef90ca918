import type { CatalogProduct } from '@kakilima/contracts/catalog'
import { expect, test } from 'vitest'
import { headTags, shorten } from './page-head.ts'

const product: CatalogProduct = {
  id: 7,
  slug: 'kopi',
  name: 'Kopi "susu" <b>',
  description: '</script><script>alert(1)</script>',
  price: 18_000,
  stock: 0,
  sku: null,
  category: null,
  category_slug: null,
  image: 'http://shop.example/kopi.webp?a=1&b=2',
  images: [],
  status: 'published',
  weight_grams: null,
  version: 1,
  created_at: '2026-11-22T08:00:00.000Z',
  updated_at: '2026-11-22T08:00:00.000Z',
}
const head = {
  title: product.name,
  description: product.description,
  siteName: 'Warung',
  languages: ['id' as const],
  logo: null,
  url: 'http://shop.example/produk/kopi',
  files: ['/assets/page.js'],
}

test('nothing that staff wrote of a product runs in the page', () => {
  const tags = headTags({ ...head, image: product.image!, product })
  expect(tags).toContain('<title>Kopi &quot;susu&quot; &lt;b&gt; · Warung</title>')
  expect(tags.match(/<script/g)).toHaveLength(1)
  expect(tags.match(/<\/script/g)).toHaveLength(1)
  expect(tags).not.toContain('<b>')
  expect(tags).toContain('content="http://shop.example/kopi.webp?a=1&amp;b=2"')
  const json = /<script type="application\/ld\+json">(.*)<\/script>/.exec(tags)![1]!
  expect(JSON.parse(json)).toMatchObject({
    name: product.name,
    description: product.description,
    offers: { price: 18_000, availability: 'https://schema.org/OutOfStock' },
  })
})

test('the page says how the shop is called, what it can be read in and what its logo is', () => {
  const logo = { id: 1, url: 'http://shop.example/l"1.webp', srcset: null, width: 320, height: 80 }
  const tags = headTags({ ...head, siteName: 'Warung "<b>"', languages: ['en', 'id'], logo })
  expect(tags).toContain('<meta property="og:site_name" content="Warung &quot;&lt;b&gt;&quot;" />')
  expect(tags).toContain('<meta name="kakilima:languages" content="en,id" />')
  expect(tags).toContain('<meta property="og:locale" content="en_US" />')
  expect(tags).toContain('<meta name="kakilima:logo" content="http://shop.example/l&quot;1.webp" />')
  expect(tags).toContain('<meta name="kakilima:logo:size" content="320x80" />')
  expect(headTags(head)).not.toContain('kakilima:logo')
})

test('a private page is kept out of search engines and names no address of its own', () => {
  const tags = headTags({ ...head, isPrivate: true })
  expect(tags).toContain('content="noindex"')
  expect(tags).not.toContain('canonical')
})

test.each([
  ['kopi  susu\n gula', 20, 'kopi susu gula'],
  ['kopi susu gula aren', 12, 'kopi susu …'],
])('%j in %i letters is %j', (text, length, expected) => {
  expect(shorten(text, length)).toBe(expected)
})
