import { desktop, type Page } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Signed, signIn } from './people.ts'
import { button, fillGuest, newProduct, orderAsGuest, ordersOf, payBy, putInCart } from './shopping.ts'

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

test('a guest finds a product by typing, orders it and pays, on a phone', async () => {
  const { slug } = await newProduct(api, 'Kopi Tubruk Gayo', 5)
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
  const one = await newProduct(api, 'Teh Melati Seduh', 5, 12_500)
  const other = await newProduct(api, 'Gula Aren Cetak', 5, 20_000)
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

test('whoever registers on the English page, or turns to Indonesian, is written to in that language', async () => {
  const { page, faults } = await visit('/daftar', { size: desktop })
  const language = async () => (await (await page.request.get('/api/v1/me')).json()).language
  await button(page, 'EN: English').click()
  await page.getByLabel('Name', { exact: true }).fill('Tuti')
  await page.getByLabel('E-mail address').fill('tuti@example.com')
  await page.getByLabel('Password', { exact: true }).fill('kata sandi tuti')
  await button(page, 'Register').click()
  await page.getByRole('link', { name: 'Tuti' }).waitFor()
  expect(await language()).toBe('en')
  await button(page, 'ID: Bahasa Indonesia').click()
  await waitFor(language, (spoken) => spoken === 'id')
  expect(faults).toEqual([])
})

test('what is sold out, dearer or scarcer by now is told before anything is ordered', async () => {
  const gone = await newProduct(api, 'Keripik Tempe', 3)
  const dearer = await newProduct(api, 'Keripik Pisang', 9, 10_000)
  const scarcer = await newProduct(api, 'Keripik Singkong', 4)
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
  await page.getByText('Metode pembayaran').waitFor()
  expect(await ordersOf(page)).toMatchObject([{ quantity: 3, total_price: 2 * 18_000 + 11_000 }])
})

test('a double click on the button makes one order', async () => {
  const { slug } = await newProduct(api, 'Sambal Bawang', 9)
  const { page } = await visit(`/produk/${slug}`)
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  await button(page, 'Buat pesanan').dblclick()
  await page.getByText('Metode pembayaran').waitFor()
  expect(await ordersOf(page)).toHaveLength(1)
})

test('an answer that got lost, and the retry after it, make one order', async () => {
  const { slug } = await newProduct(api, 'Sambal Terasi', 9)
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
  await page.getByText('Metode pembayaran').waitFor()
  expect(await ordersOf(page)).toHaveLength(1)
})

test('who reloads in the middle of paying goes on where he was', async () => {
  const { slug } = await newProduct(api, 'Madu Hutan', 3)
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
  const { slug, id } = await newProduct(api, 'Batik Tulis Terakhir', 1)
  const buyers = await Promise.all([visit('/'), visit('/', { size: desktop })])
  for (const { page } of buyers) {
    await page.goto(`/produk/${slug}`)
    await button(page, 'Beli sekarang').click()
    await fillGuest(page)
  }
  await Promise.all(buyers.map(({ page }) => button(page, 'Buat pesanan').click()))
  // The second may be told by the look at the stock before ordering, or by the decision; either way nothing is sold twice.
  const outcome = async (page: Page) => {
    const won = page.getByText('Metode pembayaran')
    const lost = page.getByText('Maaf, stoknya tidak cukup').or(page.getByText('Batik Tulis Terakhir habis'))
    await won.or(lost).first().waitFor()
    return (await won.count()) > 0
  }
  const outcomes = await Promise.all(buyers.map(({ page }) => outcome(page)))
  expect(outcomes.filter(Boolean)).toHaveLength(1)
  await payBy(buyers[outcomes.indexOf(true)]!.page, 'Tunai')
  expect((await api.get('inventory', `/products/${id}`)).body).toMatchObject({ stock: 1, reserved: 1, available: 0 })
})

test('an order that turns out too large says which product lacked how many, and offers to change the cart', async () => {
  const { slug, id } = await newProduct(api, 'Ikat Tenun Sumba', 2)
  const { page } = await visit('/')
  // Somebody else buys one in the moment between the look at the stock and the decision.
  await page.route('**/items/products*', async (route) => {
    const answer = await route.fetch()
    const body = (await answer.text()).replaceAll(/"stock":\d+/g, '"stock":5')
    return route.fulfill({ response: answer, body })
  })
  await page.goto(`/produk/${slug}`)
  for (let n = 1; n < 4; n++) await button(page, 'Tambah satu').click()
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  await button(page, 'Buat pesanan').click()
  await page.getByRole('heading', { name: 'Maaf, stoknya tidak cukup' }).waitFor()
  await page.getByText('Ikat Tenun Sumba: Anda minta 4, tersedia 2').waitFor()
  // What is on its way is let through first, or the reload would answer it a second time.
  await page.unrouteAll({ behavior: 'wait' })
  await page.reload()
  await button(page, 'Ubah keranjang').click()
  await page.getByRole('heading', { name: 'Keranjang' }).waitFor()
  expect(await page.getByRole('textbox', { name: /Ikat Tenun Sumba/ }).inputValue()).toBe('2')
  expect((await api.get('inventory', `/products/${id}`)).body).toMatchObject({ stock: 2, reserved: 0 })
})

test('the cart is the same in every tab, and there after all of them were closed', async () => {
  const { slug } = await newProduct(api, 'Kerupuk Kulit', 9)
  const { page, context } = await visit('/keranjang')
  await page.getByRole('heading', { name: 'Keranjang masih kosong' }).waitFor()
  const tab = await context.newPage()
  await putInCart(tab, slug)
  await page.getByRole('link', { name: 'Kerupuk Kulit' }).waitFor()
  await tab.close()
  await page.close()
  const later = await context.newPage()
  await later.goto('/keranjang')
  await later.getByRole('link', { name: 'Kerupuk Kulit' }).waitFor()
  await later.getByRole('button', { name: 'Hapus Kerupuk Kulit' }).click()
  await button(later, 'Urungkan').click()
  expect(await later.getByRole('link', { name: 'Kerupuk Kulit' }).count()).toBe(1)
})

test('everything can be bought by the keyboard alone', async () => {
  const { slug } = await newProduct(api, 'Wedang Ronde', 9)
  const { page } = await visit(`/produk/${slug}`, { size: desktop })
  await button(page, 'Beli sekarang').waitFor()
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('isi')
  const tabTo = async (name: RegExp) => {
    const focused = () =>
      page.evaluate<string>("(document.activeElement.labels?.[0] ?? document.activeElement).textContent.trim() + '|'")
    for (let presses = 0; presses < 30; presses++) {
      await page.keyboard.press('Tab')
      if (name.test(await focused())) return
    }
    throw new Error(`nothing called ${String(name)} can be reached by the keyboard`)
  }
  await tabTo(/^Beli sekarang/)
  await page.keyboard.press('Enter')
  await page.getByLabel('Nama', { exact: true }).waitFor()
  await tabTo(/^Nama/)
  await page.keyboard.type('Budi Santoso')
  await page.keyboard.press('Tab')
  await page.keyboard.type('081234567890')
  await page.keyboard.press('Enter')
  await page.getByText('Metode pembayaran').waitFor()
  await tabTo(/^Tunai/)
  await page.keyboard.press('Enter')
  await button(page, 'Bayar sekarang').waitFor()
  await tabTo(/^Bayar sekarang/)
  await page.keyboard.press('Space')
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
  expect(await ordersOf(page)).toMatchObject([{ status: 'paid', payment_method: 'CASH' }])
})
