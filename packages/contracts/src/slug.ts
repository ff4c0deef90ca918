import Type from 'typebox'

/** What names a product or a category in an address of a page. */
export const Slug = Type.String({
  minLength: 1,
  maxLength: 200,
  pattern: '^[a-z0-9-]+$',
  description: '1 to 200 of a-z, 0-9 and -',
  examples: ['teko-enamel-1-5-liter'],
})

/** Leaves room for an id behind it. */
const longestOwnPart = 180

/**
 * A name as it may stand in an address: `Teko Enamel 1,5 Liter` becomes `teko-enamel-1-5-liter`. Empty where nothing of the name can
 * stand there, as of one without a latin letter.
 */
export function slugOf(name: string): string {
  return (
    name
      // Splits letters from their marks, so that é becomes e.
      .normalize('NFKD')
      .replaceAll(/\p{M}/gu, '')
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, longestOwnPart)
      .replace(/-$/, '')
  )
}
