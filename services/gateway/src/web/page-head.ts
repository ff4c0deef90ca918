import type { CatalogProduct } from '@kakilima/contracts/catalog'
import type { Language } from '@kakilima/contracts/language'
import type { Shop } from '@kakilima/contracts/shop'

/** What a page says of itself to those who don't run it: search engines, and messengers that show a link. */
export type PageHead = {
  title: string
  description: string
  siteName: string
  /** What the page may be read in, the default first. */
  languages: Language[]
  logo: Shop['logo']
  /** Its one address. */
  url: string
  image?: string | undefined
  /** The product that it shows, if any. */
  product?: CatalogProduct
  /** Whether search engines should leave it out: carts, orders, what is not there. */
  isPrivate?: boolean
  /** Scripts and styles that it needs beside those of every page, fetched before it asks for them. */
  files: string[]
}

const locales: Record<Language, string> = { id: 'id_ID', en: 'en_US' }

/** The tags of a page's head. */
export function headTags({
  title,
  description,
  siteName,
  languages,
  logo,
  url,
  image,
  product,
  isPrivate = false,
  files,
}: PageHead): string {
  const wholeTitle = title === siteName ? title : `${title} · ${siteName}`
  const meta = (name: string, content: string, key = 'property') =>
    `<meta ${key}="${name}" content="${escapeHtml(content)}" />`
  return [
    `<title>${escapeHtml(wholeTitle)}</title>`,
    meta('description', description, 'name'),
    ...(isPrivate ? [meta('robots', 'noindex', 'name')] : [`<link rel="canonical" href="${escapeHtml(url)}" />`]),
    meta('og:site_name', siteName),
    meta('og:type', product === undefined ? 'website' : 'product'),
    meta('og:title', title),
    meta('og:description', description),
    meta('og:url', url),
    meta('og:locale', locales[languages[0]!]),
    meta('kakilima:languages', languages.join(','), 'name'),
    ...(logo === null
      ? []
      : [
          meta('kakilima:logo', logo.url, 'name'),
          meta('kakilima:logo:srcset', logo.srcset ?? '', 'name'),
          meta('kakilima:logo:size', `${logo.width}x${logo.height}`, 'name'),
        ]),
    ...files.map((file) =>
      file.endsWith('.css')
        ? `<link rel="stylesheet" href="${file}" />`
        : `<link rel="modulepreload" crossorigin href="${file}" />`,
    ),
    ...(image === undefined ? [] : [meta('og:image', image)]),
    ...(product === undefined ? [] : [preload(product)]),
    ...(product === undefined
      ? []
      : [
          meta('product:price:amount', String(product.price)),
          meta('product:price:currency', 'IDR'),
          `<script type="application/ld+json">${escapeJson(structuredData(product, url))}</script>`,
        ]),
  ].join('\n    ')
}

/** Its picture is what is seen first of its page. */
function preload({ image, images }: CatalogProduct): string {
  if (image === null) return ''
  const srcset = images.find(({ url }) => url === image)?.srcset
  const sizes = srcset ? ` imagesrcset="${escapeHtml(srcset)}" imagesizes="(min-width: 768px) 540px, 92vw"` : ''
  return `<link rel="preload" as="image" href="${escapeHtml(image)}"${sizes} fetchpriority="high" />`
}

/** A product in the words of schema.org. */
function structuredData({ name, description, sku, image, price, stock }: CatalogProduct, url: string) {
  return {
    '@context': 'https://schema.org',
    '@type': 'Product',
    name,
    description,
    ...(sku !== null && { sku }),
    ...(image !== null && { image }),
    offers: {
      '@type': 'Offer',
      url,
      price,
      priceCurrency: 'IDR',
      availability: `https://schema.org/${stock > 0 ? 'InStock' : 'OutOfStock'}`,
    },
  }
}

/** The beginning of a text, in one line, cut at a word. */
export function shorten(text: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  if (line.length <= length) return line
  return `${line.slice(0, length).replace(/\s+\S*$/, '')} …`
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
  return text.replaceAll(/[&<>"']/g, (character) => entities[character]!)
}

/** JSON that cannot end the script element it stands in. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c')
}
