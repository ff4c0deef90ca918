import { callerOf, waitFor } from '@kakilima/testkit/call'
import { desktop, findBarriers, type Page, phone } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Signed, signIn } from './people.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let staff: Signed
const env = { PAYMENT_WINDOW_SECONDS: '120', ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin' }
const { visit } = await startBrowser(() => shop.urls.gateway)

beforeAll(async () => {
  shop = await startShop({ demo: true, env })
  api = callerOf(shop.urls)
  staff = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

/** Makes a product and waits until the shop shows it. */
async function newProduct(name: string, stock: number, price = 18_000): Promise<{ id: number; slug: string }> {
  const { body } = await api.post('inventory', '/products', { name, price, stock, category: 'Minuman & Kopi' })
  await waitFor(
    () => api.get('gateway', `/items/products/${body.id}`),
    ({ status }) => status === 200,
  )
  return body
}

const ordersOf = async (page: Page) => (await page.request.get('/api/v1/orders')).json() as Promise<any[]>
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

async function putInCart(page: Page, slug: string): Promise<void> {
  await page.goto(`/produk/${slug}`)
  await button(page, 'Masukkan keranjang').click()
  await page.getByRole('link', { name: 'Keranjang 1 barang' }).filter({ visible: true }).waitFor()
}

async function fillGuest(page: Page): Promise<void> {
  await page.getByLabel('Nama', { exact: true }).fill('Budi Santoso')
  await page.getByLabel('Nomor telepon').fill('081234567890')
}

async function orderAsGuest(page: Page, slug: string): Promise<void> {
  await page.goto(`/produk/${slug}`)
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  await button(page, 'Buat pesanan').click()
}

async function payBy(page: Page, method: string): Promise<void> {
  await button(page, new RegExp(method)).click()
  await button(page, 'Bayar sekarang').click()
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
}

test('a guest finds a product by typing, orders it and pays, on a phone', async () => {
  const { slug } = await newProduct('Kopi Tubruk Gayo', 5)
  const { page, faults } = await visit('/')
  await page.getByRole('link', { name: 'Cari', exact: true }).click()
  await page.getByRole('searchbox').filter({ visible: true }).fill('tubruk gayo')
  await page.getByRole('link', { name: 'Kopi Tubruk Gayo' }).click()
  await page.waitForURL(`**/produk/${slug}`)
  await waitFor(
    () => page.title(),
    (title) => title === 'Kopi Tubruk Gayo · Kakilima',
  )
  await button(page, 'Tambah satu').click()
  await button(page, 'Beli sekarang').click()

  // Nothing is sent before it can be right, and the first fault has the focus.
  await button(page, 'Buat pesanan').click()
  await page.getByText('Isi nama Anda.').waitFor()
  expect(await page.evaluate("document.activeElement.getAttribute('name')")).toBe('name')
  await fillGuest(page)
  await page.getByLabel('Nama', { exact: true }).focus()
  expect(await page.getByLabel('Nomor telepon').inputValue()).toBe('0812-3456-7890')
  await button(page, 'Buat pesanan').click()

  await button(page, /QRIS/).click()
  await page.getByRole('img', { name: /Kode QR/ }).waitFor()
  await button(page, 'Bayar sekarang').click()
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
  expect(await ordersOf(page)).toMatchObject([
    { status: 'paid', quantity: 2, total_price: 36_000, payment_method: 'QRIS' },
  ])

  await page.getByRole('link', { name: 'Pesanan', exact: true }).click()
  await page.getByRole('link', { name: /Kopi Tubruk Gayo/ }).waitFor()
  expect(faults).toEqual([])
})

test('somebody registers, buys two products and sees live that staff confirmed them, on a desktop', async () => {
  const one = await newProduct('Teh Melati Seduh', 5, 12_500)
  const other = await newProduct('Gula Aren Cetak', 5, 20_000)
  const { page, faults } = await visit('/daftar', { size: desktop })
  await page.getByLabel('Nama', { exact: true }).fill('Sari Dewi')
  await page.getByLabel('Alamat e-mail').fill('sari@example.com')
  await page.getByLabel('Kata sandi', { exact: true }).fill('kata sandi sari')
  await button(page, 'Daftar').click()
  await page.getByRole('link', { name: 'Sari Dewi' }).waitFor()

  await putInCart(page, one.slug)
  await page.goto(`/produk/${other.slug}`)
  await button(page, 'Masukkan keranjang').click()
  await page.getByRole('link', { name: 'Keranjang 2 barang' }).filter({ visible: true }).click()
  await page.getByRole('link', { name: 'Lanjut ke pemesanan' }).click()
  await page.getByText('Memesan sebagai Sari Dewi').waitFor()
  await button(page, 'Buat pesanan').click()
  await payBy(page, 'Virtual account')

  const [order] = await ordersOf(page)
  expect(order).toMatchObject({ status: 'paid', total_price: 32_500 })
  expect((await api.put('gateway', `/api/v1/orders/${order.id}/confirm`, undefined, staff)).status).toBe(200)
  // Nobody reloads.
  await page.getByRole('heading', { name: 'Pesanan dikonfirmasi' }).waitFor()
  expect(faults).toEqual([])
})

test('what is sold out, dearer or scarcer by now is told before anything is ordered', async () => {
  const gone = await newProduct('Keripik Tempe', 3)
  const dearer = await newProduct('Keripik Pisang', 9, 10_000)
  const scarcer = await newProduct('Keripik Singkong', 4)
  const { page } = await visit(`/produk/${scarcer.slug}`)
  for (let n = 1; n < 4; n++) await button(page, 'Tambah satu').click()
  await button(page, 'Masukkan keranjang').click()
  for (const { slug } of [gone, dearer]) {
    await page.goto(`/produk/${slug}`)
    await button(page, 'Masukkan keranjang').click()
  }
  await api.put('inventory', `/products/${gone.id}`, { stock: 0 })
  await api.put('inventory', `/products/${dearer.id}`, { price: 11_000 })
  await api.put('inventory', `/products/${scarcer.id}`, { stock: 2 })
  await waitFor(
    () => api.get('gateway', `/items/products?filter[id][_in]=${gone.id},${scarcer.id}`),
    ({ body }) => body.data.every(({ stock }: { stock: number }) => stock < 3),
  )
  await page.goto('/pesan')
  await page.getByText('Keripik Tempe habis dan dihapus dari keranjang.').waitFor()
  await page.getByText('Keripik Singkong: tinggal 2 tersedia, jumlah Anda disesuaikan dari 4.').waitFor()
  expect(await page.getByText('Keripik Pisang: harga naik').textContent()).toMatch(
    /dari Rp\s10\.000 menjadi Rp\s11\.000/,
  )
  await fillGuest(page)
  await button(page, 'Buat pesanan').click()
  await page.getByText('Cara membayar').waitFor()
  expect(await ordersOf(page)).toMatchObject([{ quantity: 3, total_price: 2 * 18_000 + 11_000 }])
})

test('a double click on the button makes one order', async () => {
  const { slug } = await newProduct('Sambal Bawang', 9)
  const { page } = await visit(`/produk/${slug}`)
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  await button(page, 'Buat pesanan').dblclick()
  await page.getByText('Cara membayar').waitFor()
  expect(await ordersOf(page)).toHaveLength(1)
})

test('an answer that got lost, and the retry after it, make one order', async () => {
  const { slug } = await newProduct('Sambal Terasi', 9)
  const { page } = await visit(`/produk/${slug}`)
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  let isFirst = true
  await page.route('**/api/v1/orders', async (route) => {
    if (route.request().method() !== 'POST' || !isFirst) return route.continue()
    isFirst = false
    // It arrives, and its answer does not.
    await route.fetch()
    return route.abort('connectionreset')
  })
  await button(page, 'Buat pesanan').click()
  await page.getByText('Toko tidak terjangkau. Periksa sambungan Anda, lalu coba lagi.').waitFor()
  await button(page, 'Buat pesanan').click()
  await page.getByText('Cara membayar').waitFor()
  expect(await ordersOf(page)).toHaveLength(1)
})

test('who reloads in the middle of paying goes on where he was', async () => {
  const { slug } = await newProduct('Madu Hutan', 3)
  const { page } = await visit('/')
  await orderAsGuest(page, slug)
  await button(page, /Dompet digital/).click()
  await button(page, 'Bayar sekarang').waitFor()
  await page.reload()
  await page.getByText('Setujui pembayaran di aplikasi dompet digital Anda.').waitFor()
  await button(page, 'Bayar sekarang').click()
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
  expect(await ordersOf(page)).toMatchObject([{ status: 'paid', payment_method: 'EWALLET' }])
})

test('two buyers want the last unit: one pays, the other is told kindly', async () => {
  const { slug, id } = await newProduct('Batik Tulis Terakhir', 1)
  const buyers = await Promise.all([visit('/'), visit('/', { size: desktop })])
  for (const { page } of buyers) {
    await page.goto(`/produk/${slug}`)
    await button(page, 'Beli sekarang').click()
    await fillGuest(page)
  }
  await Promise.all(buyers.map(({ page }) => button(page, 'Buat pesanan').click()))
  // The second may be told by the look at the stock before ordering, or by the decision; either way nothing is sold twice.
  const outcome = async (page: Page) => {
    const won = page.getByText('Cara membayar')
    const lost = page.getByText('Maaf, stoknya tidak cukup').or(page.getByText('Batik Tulis Terakhir habis'))
    await won.or(lost).first().waitFor()
    return (await won.count()) > 0
  }
  const outcomes = await Promise.all(buyers.map(({ page }) => outcome(page)))
  expect(outcomes.filter(Boolean)).toHaveLength(1)
  await payBy(buyers[outcomes.indexOf(true)]!.page, 'Tunai')
  expect((await api.get('inventory', `/products/${id}`)).body).toMatchObject({ stock: 1, reserved: 1, available: 0 })
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
  const { slug } = await newProduct('Kue Lapis Legit', 9)
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
  await page.getByText('Cara membayar').waitFor()
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
  const { slug } = await newProduct('Rengginang Manis', 9, 15_000)
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
