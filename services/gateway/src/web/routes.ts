import { resolve } from 'node:path'
import files from '@fastify/static'
import type { CatalogClient } from '@kakilima/contracts/shop-clients'
import type { CatalogProduct } from '@kakilima/contracts/catalog'
import { isProblem, problem } from '@kakilima/contracts/problems'
import { type Language, spokenLanguages } from '@kakilima/contracts/language'
import { notFound } from '@kakilima/kit/problem'
import type { Server } from '@kakilima/kit/server'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { BuiltPages } from './built-pages.ts'
import type { ShopWatch } from '../shop/watch-shop.ts'
import { headTags, type PageHead, shorten } from './page-head.ts'
import { pageHeaders } from './page-headers.ts'
import { sitemap } from './sitemap.ts'

export type WebDeps = {
  catalog: CatalogClient
  storefront: BuiltPages | undefined
  shop: Pick<ShopWatch, 'known' | 'name'>
  imageOrigins: string[]
}

/** What every page is told of the shop. */
type OfShop = 'siteName' | 'languages' | 'logo' | 'files'
type Words = Record<Language, string>

const intro: Words = {
  id: 'Belanja tanpa ribet: stok yang tampil selalu nyata, pesan dan bayar dalam semenit.',
  en: 'Shopping without fuss: the stock you see is real, order and pay within a minute.',
}
/** The pages of the storefront (see its router), with what they say of themselves. */
const pages: Record<string, { page: string; title?: Words; isPrivate?: boolean }> = {
  '/': { page: 'HomePage' },
  '/produk': { page: 'ProductList', title: { id: 'Semua produk', en: 'All products' } },
  '/keranjang': { page: 'CartPage', title: { id: 'Keranjang', en: 'Cart' }, isPrivate: true },
  '/pesan': { page: 'CheckoutPage', title: { id: 'Pemesanan', en: 'Checkout' }, isPrivate: true },
  '/pesanan': { page: 'OrderHistory', title: { id: 'Pesanan saya', en: 'My orders' }, isPrivate: true },
  '/pesanan/:id': { page: 'OrderPage', title: { id: 'Pesanan', en: 'Order' }, isPrivate: true },
  '/masuk': { page: 'SignInPage', title: { id: 'Masuk', en: 'Sign in' }, isPrivate: true },
  '/daftar': { page: 'RegisterPage', title: { id: 'Daftar', en: 'Register' }, isPrivate: true },
}

/** What pages say where it was never learned what the shop says of itself: all languages, as `Language` has them. */
const unknownShop = { languages: [...spokenLanguages], logo: null }

/** Serves the storefront: its page at every address that it knows, with the tags of that address, and its files. */
export async function webRoutes(app: Server, { catalog, shop, storefront, imageOrigins }: WebDeps): Promise<void> {
  const headers = pageHeaders(imageOrigins)
  const language = () => (shop.known() ?? unknownShop).languages[0]!
  const originOf = (request: FastifyRequest) => `${request.protocol}://${request.host}`

  function send(
    reply: FastifyReply,
    page: string,
    head: Omit<PageHead, OfShop | 'title' | 'description'> & {
      title?: string | undefined
      description?: string | undefined
    },
    status = 200,
  ): FastifyReply {
    if (storefront === undefined)
      throw problem('not-found', 'The storefront is not built: run npm run build, then start the gateway again')
    const { languages, logo } = shop.known() ?? unknownShop
    const siteName = shop.name()
    const { title = siteName, description = intro[languages[0]!] } = head
    const ofShop = { siteName, languages, logo, files: storefront.filesOf(page) }
    return reply
      .code(status)
      .headers(headers)
      .type('text/html; charset=utf-8')
      .send(storefront.page(headTags({ ...head, title, description, ...ofShop })))
  }

  for (const [path, { page, title, isPrivate = false }] of Object.entries(pages)) {
    app.get(path, { schema: { hide: true } }, async (request, reply) =>
      send(reply, page, { title: title?.[language()], url: originOf(request) + path, isPrivate }),
    )
  }

  app.get<{ Params: { slug: string } }>('/produk/:slug', { schema: { hide: true } }, async (request, reply) => {
    const { slug } = request.params
    const url = `${originOf(request)}/produk/${encodeURIComponent(slug)}`
    const nameless = { url, isPrivate: true }
    let product: CatalogProduct | undefined
    try {
      product = await catalog.bySlug(slug)
    } catch (error) {
      // The page itself says that the shop can't be reached, and recovers.
      if (isProblem(error, 'neighbor-unavailable', 'neighbor-failed')) return send(reply, 'ProductPage', nameless, 503)
      throw error
    }
    if (product === undefined) return send(reply, 'ProductPage', nameless, 404)
    const { name, description, image } = product
    return send(reply, 'ProductPage', {
      title: name,
      description: shorten(description, 160) || undefined,
      url,
      image: image ?? undefined,
      product,
    })
  })

  app.get('/robots.txt', { schema: { hide: true } }, async (request, reply) =>
    reply
      .type('text/plain; charset=utf-8')
      .send(
        `User-agent: *\nDisallow: /api/\nDisallow: /admin\nDisallow: /keranjang\nDisallow: /pesan\n\nSitemap: ${originOf(request)}/sitemap.xml\n`,
      ),
  )

  app.get('/sitemap.xml', { schema: { hide: true } }, async (request, reply) =>
    reply.type('application/xml; charset=utf-8').send(await sitemap(catalog, originOf(request))),
  )

  if (storefront !== undefined) {
    const folder = resolve(storefront.folder)
    await app.register(files, {
      root: folder,
      prefix: '/',
      wildcard: false,
      index: false,
      globIgnore: ['index.html', '**/*.{br,gz}'],
      cacheControl: false,
      preCompressed: true,
      schemaHide: true,
      setHeaders: (reply, path) => {
        // The names of these hold a hash of what is in them.
        const isHashed = path.startsWith(resolve(folder, 'assets'))
        reply.header('cache-control', isHashed ? 'public, max-age=31536000, immutable' : 'public, max-age=3600')
      },
    })
  }

  // An address that nothing is at: people get a page, programs a problem.
  app.get('/*', { schema: { hide: true } }, async (request, reply) => {
    const isPage =
      storefront !== undefined && request.headers.accept?.includes('text/html') && !isOfPrograms(request.url)
    if (!isPage) throw notFound(request)
    return send(reply, 'NotFound', { url: originOf(request), isPrivate: true }, 404)
  })
}

function isOfPrograms(url: string): boolean {
  return /^\/(api|items|images|assets)\//.test(url)
}
