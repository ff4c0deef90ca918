import { desktop, findBarriers, phone } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf } from '@kakilima/testkit/call'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { button, fillGuest, newProduct } from './shopping.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
const env = { PAYMENT_WINDOW_SECONDS: '120' }
const { visit } = await startBrowser(() => shop.urls.gateway)

beforeAll(async () => {
  shop = await startShop({ demo: true, env })
  api = callerOf(shop.urls)
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

test('while scripts are on their way the page says that it loads, and works once they have come', async () => {
  const { page, faults } = await visit('/masuk')
  let letThrough: () => void = () => undefined
  const late = new Promise<void>((resolve) => (letThrough = resolve))
  await page.route('**/assets/*.js', async (route) => {
    await late
    return route.continue()
  })
  await page.goto('/', { waitUntil: 'commit' })
  await page.getByText('Memuat toko …').waitFor()
  letThrough()
  await page.getByRole('heading', { name: 'Pilih, pesan, bayar. Selesai.' }).waitFor()
  expect(faults).toEqual([])
})

test('the first load of the home page is less than 120 KB of scripts', async () => {
  const html = await (await fetch(shop.urls.gateway, { headers: { accept: 'text/html' } })).text()
  const scripts = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map(([, path]) => path!)
  expect(scripts.length).toBeGreaterThan(1)
  let bytes = 0
  for (const path of new Set(scripts)) {
    const { headers } = await fetch(shop.urls.gateway + path, { method: 'HEAD', headers: { 'accept-encoding': 'br' } })
    expect(headers.get('content-encoding'), path).toBe('br')
    expect(headers.get('cache-control'), path).toContain('immutable')
    bytes += Number(headers.get('content-length'))
  }
  expect(bytes).toBeGreaterThan(20_000)
  expect(bytes).toBeLessThan(120_000)
})

test('the scripts hold where the shop is asked, and none of the schemas that it judges by', async () => {
  const scripts = new Map<string, string>()
  const follow = async (text: string): Promise<void> => {
    for (const [name] of text.matchAll(/[\w.-]+\.js\b/g)) {
      if (scripts.has(name)) continue
      const answer = await fetch(`${shop.urls.gateway}/assets/${name}`)
      scripts.set(name, answer.ok ? await answer.text() : '')
      await follow(scripts.get(name)!)
    }
  }
  await follow(await (await fetch(shop.urls.gateway, { headers: { accept: 'text/html' } })).text())
  const all = [...scripts.values()].join('\n')
  expect(all).toContain('/orders/:id/cancellation')
  for (const ofSchemas of [
    'orders/:id/payment-method',
    'additionalProperties',
    'maxItems',
    'of one user make one order',
  ])
    expect(all).not.toContain(ofSchemas)
})

test('the whole shop speaks English to who wants it, and remembers', async () => {
  const { page } = await visit('/')
  await button(page, 'EN: English').click()
  await page.getByRole('heading', { name: 'Pick it, order it, pay. Done.' }).waitFor()
  await page.goto('/keranjang')
  await page.getByRole('heading', { name: 'Your cart is empty' }).waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('en')
})

test('the address of a list says what is shown, and what is not there is a page that helps', async () => {
  const { page } = await visit('/produk?kategori=dapur&urut=cheap')
  await page.getByRole('heading', { name: 'Dapur', level: 1 }).waitFor()
  const prices = async () =>
    (await page.locator('article p.text-lg').allTextContents()).map((text) => Number(text.replaceAll(/\D/g, '')))
  await page.locator('article').first().waitFor()
  const shown = await prices()
  expect(shown).toEqual(shown.toSorted((a, b) => a - b))
  const missing = await page.goto('/produk/tidak-ada')
  expect(missing!.status()).toBe(404)
  await page.getByRole('heading', { name: 'Produk ini tidak ada' }).waitFor()
  expect((await page.goto('/entah-di-mana'))!.status()).toBe(404)
  await page.getByRole('heading', { name: 'Halaman ini tidak ada' }).waitFor()
})

test.each([
  ['on a phone in the dark', phone, 'dark'],
  ['on a desktop', desktop, 'light'],
  ['on the smallest phone', { width: 320, height: 640 }, 'light'],
] as const)('no page has a barrier or a sideways scroll %s', async (_name, size, colorScheme) => {
  const { slug } = await newProduct(api, 'Kue Lapis Legit', 9)
  const { page, faults } = await visit('/', { size, colorScheme })
  async function look(): Promise<void> {
    expect(await findBarriers(page), page.url()).toEqual([])
    const overflow = await page.evaluate<number>(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    )
    expect(overflow, `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0)
  }
  for (const path of [
    '/',
    '/produk',
    '/produk?cari=zzzz',
    `/produk/${slug}`,
    '/keranjang',
    '/pesanan',
    '/masuk',
    '/daftar',
    '/entah',
  ]) {
    await page.goto(path)
    await page.waitForLoadState('networkidle')
    await look()
  }
  await page.goto(`/produk/${slug}`)
  await button(page, 'Masukkan keranjang').click()
  await page.goto('/keranjang')
  await page.getByText('Kue Lapis Legit').waitFor()
  await look()
  await page.getByRole('link', { name: 'Lanjut ke pemesanan' }).click()
  await button(page, 'Buat pesanan').click()
  await look()
  await fillGuest(page)
  await button(page, 'Buat pesanan').click()
  await page.getByText('Metode pembayaran').waitFor()
  await look()
  await button(page, /QRIS/).click()
  await button(page, 'Bayar sekarang').waitFor()
  await look()
  await button(page, 'Bayar sekarang').click()
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
  await look()
  await page.goto('/pesanan')
  await page.getByText('Kue Lapis Legit').waitFor()
  await look()
  expect(faults).toEqual([])
})

test('the page of a product says what it is to those who do not run it', async () => {
  const { slug } = await newProduct(api, 'Rengginang Manis', 9, 15_000)
  const html = await (await fetch(`${shop.urls.gateway}/produk/${slug}`, { headers: { accept: 'text/html' } })).text()
  expect(html).toContain('<title>Rengginang Manis · Kakilima</title>')
  expect(html).toContain('<meta property="og:title" content="Rengginang Manis" />')
  expect(html).toContain('"availability":"https://schema.org/InStock"')
  const sitemap = await (await fetch(`${shop.urls.gateway}/sitemap.xml`)).text()
  expect(sitemap).toContain(`${shop.urls.gateway}/produk/${slug}</loc>`)
  expect(await (await fetch(`${shop.urls.gateway}/robots.txt`)).text()).toContain(
    `Sitemap: ${shop.urls.gateway}/sitemap.xml`,
  )
})
