import type { CatalogClient } from '@kakilima/contracts/shop-clients'
import { escapeHtml } from './page-head.ts'

/** As many addresses as one sitemap may hold. */
const mostAddresses = 50_000
const pageSize = 5000

/** The addresses that search engines should know: the lists, and each product on sale with its last change. */
export async function sitemap(catalog: CatalogClient, origin: string): Promise<string> {
  const urls = [`<url><loc>${origin}/</loc></url>`, `<url><loc>${origin}/produk</loc></url>`]
  for (let after = 0; urls.length < mostAddresses;) {
    const products = await catalog.addresses(after, Math.min(pageSize, mostAddresses - urls.length))
    for (const { slug, updated_at: changedAt } of products)
      urls.push(
        `<url><loc>${origin}/produk/${escapeHtml(encodeURIComponent(slug))}</loc><lastmod>${changedAt}</lastmod></url>`,
      )
    if (products.length < pageSize) break
    after = products.at(-1)!.id
  }
  return `<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${urls.join('\n')}\n</urlset>\n`
}
