import { desktop, findBarriers, type Page, phone } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { pngOf } from '@kakilima/testkit/png'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminOfJourneys, deskAs, overflowOf } from './desk.ts'
import { newGuest, newStaff, type Signed, signIn } from './people.ts'
import { button } from './shopping.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
let viewer: { email: string; password: string }
let staff: { email: string; password: string }
const env = adminOfJourneys
const { visit } = await startBrowser(() => shop.urls.gateway)

beforeAll(async () => {
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  viewer = await newStaff('viewer', { KAKILIMA_DATA: shop.dataFolder })
  staff = await newStaff('staff', { KAKILIMA_DATA: shop.dataFolder })
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

const atDesk = (path: string, look = {}) => deskAs(visit, env.ADMIN_EMAIL, env.ADMIN_PASSWORD, path, look)

async function newProduct(fields: Record<string, unknown>): Promise<any> {
  const { status, body } = await api.post('gateway', '/api/v1/products', { price: 10_000, stock: 10, ...fields }, admin)
  expect(status, JSON.stringify(body)).toBe(201)
  return body
}
const productOf = async (id: number) => (await api.get('gateway', `/api/v1/desk/products/${id}`, admin)).body
const isInShop = async (id: number) => (await api.get('gateway', `/items/products/${id}`)).status === 200

/** A customer buys, pays, and staff confirm: the units leave. */
async function sell(productId: number, quantity: number): Promise<void> {
  const { headers } = await newGuest(api)
  const { body } = await api.post(
    'gateway',
    '/api/v1/orders',
    { items: [{ product_id: productId, quantity }] },
    headers,
  )
  const path = `/api/v1/orders/${body.order_id}`
  await waitFor(
    () => api.get('gateway', path, headers),
    (answer) => answer.body.status === 'awaiting_payment',
  )
  const payment = await api.post('gateway', `${path}/payments`, { payment_method: 'QRIS' }, headers)
  await api.post('gateway', `/api/v1/payments/${payment.body.id}/confirm`, undefined, headers)
  const confirmed = await api.put('gateway', `${path}/confirm`, undefined, admin)
  expect(confirmed.status, JSON.stringify(confirmed.body)).toBe(200)
}

const row = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name })

test('staff make a product with pictures that were dropped, and customers see it', async () => {
  const { page, faults } = await atDesk('/admin/produk')
  await page.getByRole('link', { name: 'Produk baru' }).first().click()
  await button(page, 'Simpan produk').click()
  await page.getByText('Belum tersimpan: 2 isian perlu dibetulkan.').waitFor()
  expect(await page.evaluate("document.activeElement.getAttribute('name')")).toBe('name')
  await page.getByLabel('Nama', { exact: true }).fill('Teko Enamel 1,5 Liter')
  await page.getByLabel('Harga', { exact: true }).pressSequentially('85000')
  expect(await page.getByLabel('Harga', { exact: true }).inputValue()).toBe('85.000')
  await page.getByLabel('Stok awal').fill('12')
  await page.getByLabel('Kategori', { exact: true }).selectOption('Kategori baru …')
  await page.getByLabel('Nama kategori baru').fill('Dapur')
  await dropFiles(page, ['merah.png', 'biru.png', 'catatan.txt'])
  await page.getByText('catatan.txt bukan JPEG, PNG, atau WebP.').waitFor()
  await page.getByRole('img', { name: 'Gambar 2' }).waitFor()
  await button(page, 'Pindahkan gambar 2 ke depan').click()
  await button(page, 'Simpan produk').click()
  await page.waitForURL(/\/admin\/produk\/\d+$/)
  const id = Number(page.url().split('/').at(-1))
  const product = await productOf(id)
  expect(product).toMatchObject({ slug: 'teko-enamel-1-5-liter', price: 85_000, stock: 12, category: 'Dapur' })
  // The second file is the first picture.
  expect(product.images.map(({ width }: { width: number }) => width)).toEqual([640, 320])

  await page.goto('/produk/teko-enamel-1-5-liter')
  await page.getByRole('heading', { name: 'Teko Enamel 1,5 Liter' }).waitFor()
  await page
    .getByRole('img', { name: /Teko Enamel/ })
    .first()
    .waitFor()
  expect(faults).toEqual([])
})

/** Drops files on the place for pictures, as a hand does. Each picture is smaller than the one behind it. */
async function dropFiles(page: Page, names: string[]): Promise<void> {
  const files = names.map((name, index) => ({
    name,
    type: name.endsWith('.png') ? 'image/png' : 'text/plain',
    bytes: [...pngOf(320 * (index + 1), 320)],
  }))
  const transfer = await page.evaluateHandle((given) => {
    // @ts-expect-error the browser knows it
    const data = new DataTransfer()
    for (const { name, type, bytes } of given) data.items.add(new File([new Uint8Array(bytes)], name, { type }))
    return data
  }, files)
  await page.getByText('Seret gambar ke sini').dispatchEvent('drop', { dataTransfer: transfer })
}

test('pictures are sent, put in another order and taken away without saving, and leaving asks about what is not saved', async () => {
  const { id, name } = await newProduct({ name: 'Wajan Besi' })
  const { page, faults } = await atDesk(`/admin/produk/${id}`)
  await page.getByLabel('Seret gambar ke sini').setInputFiles([
    { name: 'satu.png', mimeType: 'image/png', buffer: pngOf(320, 320) },
    { name: 'dua.png', mimeType: 'image/png', buffer: pngOf(640, 640) },
    { name: 'rusak.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') },
  ])
  await page.getByText('Berkas ini tidak bisa dipakai sebagai gambar.').waitFor()
  await button(page, 'Hapus gambar 3').click()
  await button(page, 'Pindahkan gambar 1 ke belakang').click()
  const widths = async () => (await productOf(id)).images.map(({ width }: { width: number }) => width)
  await waitFor(widths, (found) => found.toString() === '640,320')
  await button(page, 'Hapus gambar 2').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Hapus', exact: true }).click()
  await waitFor(widths, (found) => found.toString() === '640')
  // It keeps the focus until it has heard so too.
  await page.getByRole('dialog').waitFor({ state: 'hidden' })

  await page.getByLabel('Nama', { exact: true }).fill('Wajan Besi Cor')
  await page.getByRole('link', { name: 'Semua produk' }).click()
  await page.getByRole('heading', { name: 'Tinggalkan tanpa menyimpan?' }).waitFor()
  await button(page, 'Batal').click()
  expect(await page.getByLabel('Nama', { exact: true }).inputValue()).toBe('Wajan Besi Cor')
  // What somebody else changed meanwhile stays.
  await api.put('gateway', `/api/v1/products/${id}`, { price: 12_345 }, admin)
  await button(page, 'Simpan').click()
  await page.getByText('Wajan Besi Cor tersimpan.').waitFor()
  expect(await productOf(id)).toMatchObject({ name: 'Wajan Besi Cor', price: 12_345 })
  await page.getByRole('link', { name: 'Semua produk' }).click()
  await row(page, name).waitFor()
  expect(faults).toEqual([])
})

test('a price is changed in place by the keyboard, and what the shop refuses goes back and says so', async () => {
  const { id, name } = await newProduct({ name: 'Kopi Robusta Dampit', price: 30_000 })
  const { page } = await atDesk('/admin/produk?cari=robusta')
  const price = row(page, name).getByRole('button', { name: `Harga ${name}` })
  await price.focus()
  await page.keyboard.press('Enter')
  await page.keyboard.type('32500')
  await page.keyboard.press('Escape')
  expect(await price.textContent()).toMatch(/30\.000/)
  await page.keyboard.press('Enter')
  await page.keyboard.type('32500')
  await page.keyboard.press('Enter')
  await waitFor(
    () => productOf(id),
    (product) => product.price === 32_500,
  )
  await page.route(`**/api/v1/products/${id}`, (route) =>
    route.fulfill({ status: 503, json: { type: '/problems/database-unavailable', detail: 'away' } }),
  )
  await page.keyboard.press('Enter')
  await page.keyboard.type('99000')
  await page.keyboard.press('Enter')
  await page.getByText('Tidak tersimpan, jadi dikembalikan seperti semula.').waitFor()
  expect(await price.textContent()).toMatch(/32\.500/)
  expect(await productOf(id)).toMatchObject({ price: 32_500 })
})

test('a count of the shelf undoes no sale that came between seeing and saving', async () => {
  const { id, name } = await newProduct({ name: 'Gula Semut', stock: 10 })
  await waitFor(() => isInShop(id), Boolean)
  const { page } = await atDesk('/admin/produk?cari=semut')
  await row(page, name)
    .getByRole('button', { name: `Stok ${name}` })
    .click()
  await sell(id, 2)
  // Twelve were counted where ten were expected; two of them are gone by now.
  await page.keyboard.type('12')
  await page.keyboard.press('Tab')
  await page.getByText(`Stok ${name} berubah selagi Anda menghitung, jadi sekarang 10.`).waitFor()
  expect(await productOf(id)).toMatchObject({ stock: 10, reserved: 0 })
  expect(
    await row(page, name)
      .getByRole('button', { name: `Stok ${name}` })
      .textContent(),
  ).toMatch(/10/)
})

test('what comes in is in the ledger with who brought it, why and the note, and what runs low is listed', async () => {
  const { id, name } = await newProduct({ name: 'Minyak Kelapa', stock: 3 })
  const { page, faults } = await deskAs(visit, staff.email, staff.password, '/admin/stok')
  await button(page, `Ubah stok ${name}`).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText('Keluar', { exact: true }).click()
  await dialog.getByLabel('Berapa yang keluar').fill('4')
  await dialog.getByRole('button', { name: 'Simpan' }).click()
  await dialog.getByText('Paling banyak 3 yang bisa keluar').waitFor()
  await dialog.getByText('Masuk', { exact: true }).click()
  await dialog.getByLabel('Berapa yang masuk').fill('24')
  await dialog.getByText('27', { exact: true }).waitFor()
  await dialog.getByLabel('Catatan').fill('nota 17 dari Pak Made')
  await dialog.getByRole('button', { name: 'Simpan' }).click()
  await page.getByText(`Stok ${name} sekarang 27.`).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Stok' }).waitFor()
  await waitFor(
    () => row(page, name).count(),
    (count) => count === 0,
  )

  await page.goto(`/admin/stok?tampil=riwayat&produk=${id}`)
  const movement = row(page, 'nota 17 dari Pak Made')
  await movement.waitFor()
  expect(await movement.textContent()).toMatch(/Kulakan.*nota 17 dari Pak Made.*staff.*\+24.*27/)
  await page.goto(`/admin/produk/${id}`)
  await row(page, 'nota 17 dari Pak Made').waitFor()
  expect(faults).toEqual([])
})

test('a product is copied as a draft, and one that is archived is gone from the shop until that is undone', async () => {
  const { id, name } = await newProduct({ name: 'Keranjang Rotan', sku: 'KR-1' })
  await waitFor(() => isInShop(id), Boolean)
  const { page } = await atDesk('/admin/produk?cari=rotan')
  await button(page, `Tindakan untuk ${name}`).click()
  await page.getByRole('menuitem', { name: 'Arsipkan' }).click()
  await row(page, name).getByText('Arsip', { exact: true }).waitFor()
  await waitFor(
    () => isInShop(id),
    (isThere) => !isThere,
  )
  await button(page, 'Batalkan').click()
  await waitFor(() => isInShop(id), Boolean)

  await button(page, `Tindakan untuk ${name}`).click()
  await page.getByRole('menuitem', { name: 'Buat salinan' }).click()
  await page.getByRole('heading', { name: `${name} (salinan)` }).waitFor()
  const copy = await productOf(Number(page.url().split('/').at(-1)))
  expect(copy).toMatchObject({ status: 'draft', stock: 0, sku: null })

  await page.goto('/admin/produk?cari=rotan')
  await button(page, `Tindakan untuk ${name} (salinan)`).click()
  await page.getByRole('menuitem', { name: 'Hapus' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Hapus', exact: true }).click()
  await page.getByText(`${name} (salinan) dihapus.`).waitFor()
  expect((await api.get('gateway', `/api/v1/desk/products/${copy.id}`, admin)).status).toBe(404)
})

test('filters, search and sorting stand in the address', async () => {
  for (const [name, price] of [
    ['Sapu Lidi', 15_000],
    ['Sapu Ijuk', 25_000],
    ['Sapu Karet', 20_000],
  ] as const)
    await newProduct({ name, price, category: 'Kebersihan', status: name === 'Sapu Karet' ? 'draft' : 'published' })
  const { page } = await atDesk('/admin/produk')
  await page.getByRole('searchbox').fill('sapu')
  await page.getByLabel('Kategori', { exact: true }).selectOption('Kebersihan')
  await page.getByLabel('Urutkan', { exact: true }).selectOption('Termahal')
  await page.getByText('3 produk', { exact: true }).waitFor()
  const names = () =>
    page
      .locator('[data-index]')
      .evaluateAll((rows) => rows.map((found: any) => /Sapu (Lidi|Ijuk|Karet)/.exec(found.textContent)![0]))
  await waitFor(names, (found) => found.join() === 'Sapu Ijuk,Sapu Karet,Sapu Lidi')
  await button(page, 'Urutkan menurut Harga').click()
  await waitFor(names, (found) => found.join() === 'Sapu Lidi,Sapu Karet,Sapu Ijuk')
  await page.getByLabel('Status', { exact: true }).selectOption('Draf')
  await page.getByText('1 produk', { exact: true }).waitFor()
  expect(new URL(page.url()).search).toBe('?cari=sapu&status=draft&kategori=kebersihan&urut=price')
  await page.reload()
  await waitFor(names, (found) => found.join() === 'Sapu Karet')
  await page.getByRole('searchbox').fill('zzz')
  await page.getByRole('heading', { name: 'Tidak ada produk yang cocok' }).waitFor()
  await button(page, 'Hapus saringan').first().click()
  await row(page, 'Sapu Lidi').waitFor()
})

test('categories are made, renamed, shown with a picture, put in order and deleted', async () => {
  for (const name of ['Minuman', 'Camilan']) await api.post('gateway', '/api/v1/categories', { name }, admin)
  const { page, faults } = await atDesk('/admin/kategori')
  await button(page, 'Kategori baru').click()
  await page.getByLabel('Nama', { exact: true }).fill('Minuman')
  await button(page, 'Simpan').click()
  await page.getByText('Kategori dengan nama ini sudah ada.').waitFor()
  await page.getByLabel('Nama', { exact: true }).fill('Oleh-oleh')
  await button(page, 'Simpan').click()
  await page.getByText('Kategori Oleh-oleh dibuat.').waitFor()
  const names = async () => (await api.get('gateway', '/api/v1/categories')).body.map((category: any) => category.name)
  const before = await names()
  await button(page, 'Naikkan Oleh-oleh').click()
  await waitFor(names, (found) => found.at(-2) === 'Oleh-oleh' && found.length === before.length)
  const first = page.getByRole('listitem').filter({ hasText: before[0] })
  await page.getByRole('listitem').filter({ hasText: 'Oleh-oleh' }).dragTo(first)
  await waitFor(names, (found) => found[0] === 'Oleh-oleh')
  await page
    .getByLabel('Gambar untuk Oleh-oleh')
    .setInputFiles({ name: 'a.png', mimeType: 'image/png', buffer: pngOf(320, 320) })
  await page.getByText('Gambar Oleh-oleh tersimpan.').waitFor()
  await button(page, 'Tindakan untuk Oleh-oleh').click()
  await page.getByRole('menuitem', { name: 'Ganti nama' }).click()
  await page.getByLabel('Nama', { exact: true }).fill('Oleh-oleh Khas')
  await button(page, 'Simpan').click()
  await button(page, 'Tindakan untuk Oleh-oleh Khas').click()
  await page.getByRole('menuitem', { name: 'Hapus', exact: true }).click()
  await page.getByText('Produknya tetap ada dan tetap dijual').waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Hapus', exact: true }).click()
  await page.getByText('Kategori Oleh-oleh Khas dihapus.').waitFor()
  expect(await names()).not.toContain('Oleh-oleh Khas')
  expect(faults).toEqual([])
})

test('a sheet of 5,000 products is tried out, its 20 faulty rows are told, and the others come in', async () => {
  const lines = ['sku;name;price;stock;status;category']
  for (let n = 1; n <= 5000; n++) {
    const [name, price] =
      n % 500 === 0 ? ['', '1000'] : n % 250 === 0 ? [`Barang ${n}`, 'seribu'] : [`Barang ${n} é`, '1000']
    lines.push(`S-${n};${name};${price};7;draft;Grosir`)
  }
  lines[1] = "S-1;'=1+1 Barang;1000;7;draft;Grosir"
  const { page, faults } = await atDesk('/admin/impor')
  const sheet = { name: 'grosir.csv', mimeType: 'text/csv', buffer: Buffer.from(`\uFEFF${lines.join('\r\n')}`) }
  await page.getByLabel('Seret berkas CSV ke sini').setInputFiles(sheet)
  await page.getByText('Sudah diperiksa, belum ada yang diubah').waitFor()
  const countOf = async (label: string) =>
    page.getByRole('definition').nth(['Baru', 'Berubah', 'Tetap sama', 'Bermasalah'].indexOf(label)).textContent()
  expect(await countOf('Baru')).toContain('4.980')
  expect(await countOf('Bermasalah')).toContain('20')
  const rows = await page.getByRole('region', { name: 'Baris yang bermasalah' }).getByRole('row').allTextContents()
  expect(rows).toHaveLength(21)
  expect(rows[1]).toMatch(/251\s*price\s*Harus bilangan bulat/)
  expect(rows[2]).toMatch(/501\s*name\s*Wajib diisi/)
  const [report] = await Promise.all([page.waitForEvent('download'), button(page, 'Unduh daftar masalah').click()])
  expect(report.suggestedFilename()).toBe('masalah-impor.csv')
  const stored = () => api.get('gateway', '/api/v1/desk/products?search=Barang&limit=1', admin)
  expect((await stored()).headers.get('x-total-count')).toBe('0')

  await button(page, 'Masukkan 4.980 produk sekarang').click()
  await page.getByText('Selesai dimasukkan').waitFor()
  expect((await stored()).headers.get('x-total-count')).toBe('4980')
  // The same sheet once more changes nothing.
  await button(page, 'Pilih berkas lain').click()
  await page.getByLabel('Seret berkas CSV ke sini').setInputFiles({ ...sheet, name: 'lagi.csv' })
  await page.getByText('Sudah diperiksa, belum ada yang diubah').waitFor()
  expect(await countOf('Tetap sama')).toContain('4.980')
  expect(await button(page, /sekarang$/).count()).toBe(0)

  const exported = await (await page.request.get('/api/v1/products/export')).text()
  expect(exported).toContain("'=1+1 Barang")
  expect(exported).not.toMatch(/(^|[,;"])=1\+1/m)
  expect(faults).toEqual([])
})

test('a viewer sees all of it and can change nothing', async () => {
  const { id, name } = await newProduct({ name: 'Lampu Minyak' })
  const { page, faults } = await deskAs(visit, viewer.email, viewer.password, '/admin/produk?cari=lampu')
  await row(page, name).waitFor()
  expect(await page.getByRole('link', { name: 'Produk baru' }).count()).toBe(0)
  expect(
    await row(page, name)
      .getByRole('button', { name: /^(Harga|Stok) / })
      .count(),
  ).toBe(0)
  await button(page, `Tindakan untuk ${name}`).click()
  const offered = await page.getByRole('menuitem').allTextContents()
  expect(offered.map((text) => text.trim())).toEqual(['Lihat', 'Lihat di toko'])
  await page.getByRole('menuitem', { name: 'Lihat', exact: true }).click()
  await page.getByRole('heading', { name }).waitFor()
  expect(await button(page, /Simpan|Ubah stok|Hapus gambar/).count()).toBe(0)
  expect(await page.getByLabel('Nama', { exact: true }).isEditable()).toBe(false)
  for (const [path, heading] of [
    ['/admin/stok?tampil=semua', 'Stok'],
    ['/admin/kategori', 'Kategori'],
    ['/admin/impor', 'Impor & ekspor'],
  ] as const) {
    await page.goto(path)
    await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(await button(page, /Ubah stok|Kategori baru|Naikkan|Seret/).count(), path).toBe(0)
  }
  const refused = await page.request.put(`/api/v1/products/${id}`, {
    data: { price: 1 },
    headers: { origin: shop.urls.gateway },
  })
  expect(refused.status()).toBe(403)
  expect(faults).toEqual([])
})

const pagesOfProducts = ['produk', 'produk?cari=zzz', 'produk/baru', 'produk/1']
const otherPages = ['stok', 'stok?tampil=semua', 'stok?tampil=riwayat', 'kategori', 'impor']

test.each([
  ['products', 'on a phone', pagesOfProducts, phone],
  ['products', 'on a desktop', pagesOfProducts, desktop],
  ['stock, categories and sheets', 'on a phone', otherPages, phone],
  ['stock, categories and sheets', 'on a desktop', otherPages, desktop],
])('no page of %s has a barrier or a sideways scroll %s, by day or by night', async (_what, _where, paths, size) => {
  const name = 'Kain Tenun Ikat Troso dengan Nama yang Sangat Panjang Sekali'
  await newProduct({ name, sku: 'KAIN-TENUN-0001', stock: 4 })
  const { page, faults } = await atDesk('/admin/produk', { size })
  async function look(): Promise<void> {
    await page.waitForLoadState('networkidle')
    expect(await findBarriers(page), page.url()).toEqual([])
    // Night changes the colors and nothing else.
    await page.emulateMedia({ colorScheme: 'dark' })
    expect(await findBarriers(page, ['color-contrast']), `${page.url()} in the dark`).toEqual([])
    await page.emulateMedia({ colorScheme: 'light' })
    expect(await overflowOf(page), `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0)
  }
  for (const path of paths) {
    await page.goto(`/admin/${path}`)
    await look()
  }
  expect(faults).toEqual([])
})

test('the dialog that asks what happened to the stock has no barrier', async () => {
  await newProduct({ name: 'Kendi', stock: 2 })
  const { page } = await atDesk('/admin/stok', { size: phone, colorScheme: 'dark' })
  await button(page, /^Ubah stok/)
    .first()
    .click()
  await page.getByRole('dialog').waitFor()
  expect(await findBarriers(page)).toEqual([])
})

test('nothing scrolls sideways on the smallest phone', async () => {
  const { page } = await atDesk('/admin/produk', { size: { width: 360, height: 640 } })
  for (const path of ['produk', 'produk/baru', 'stok', 'stok?tampil=riwayat', 'kategori', 'impor']) {
    await page.goto(`/admin/${path}`)
    await page.waitForLoadState('networkidle')
    expect(await overflowOf(page), path).toBeLessThanOrEqual(0)
  }
})
