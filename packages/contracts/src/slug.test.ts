import fc from 'fast-check'
import { expect, test } from 'vitest'
import { slugOf } from './slug.ts'

test.each([
  ['Teko Enamel 1,5 Liter', 'teko-enamel-1-5-liter'],
  ['Bingkai Foto Kayu 20 × 25 cm', 'bingkai-foto-kayu-20-25-cm'],
  ['Cokelat Batang Sulawesi 70%', 'cokelat-batang-sulawesi-70'],
  ['  --Kopi--  ', 'kopi'],
  ['Café au lait Bébé', 'cafe-au-lait-bebe'],
  ['ﬁlter № ½', 'filter-no-1-2'],
  ['珈琲', ''],
  ['☕', ''],
  ['-', ''],
])('%s becomes "%s" in an address', (name, slug) => {
  expect(slugOf(name)).toBe(slug)
})

test('whatever a name holds, its slug is one or nothing, with room for an id behind it', () => {
  const longestSlug = 200
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (name) => {
      const slug = slugOf(name)
      expect(slug).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*)?$/)
      expect(`${slug}-${Number.MAX_SAFE_INTEGER}`.length).toBeLessThanOrEqual(longestSlug)
      expect(slugOf(slug)).toBe(slug)
    }),
  )
  expect(slugOf('İ'.repeat(200))).toBe('i'.repeat(180))
})
