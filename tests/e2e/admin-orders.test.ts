import { readFile } from 'node:fs/promises'
import { desktop, findBarriers, type Page, phone } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminOfJourneys, deskAs, overflowOf } from './desk.ts'
import { newBuyer, newOrder, newPaidOrders, payOrder } from './paid-orders.ts'
import { newStaff, type Signed, signIn } from './people.ts'
import { button, newProduct, orderAsGuest, ordersOf, payBy } from './shopping.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
let viewer: { email: string; password: string }
let colleague: { email: string; password: string }
const env = { ...adminOfJourneys, PAYMENT_WINDOW_SECONDS: '600' }
const { visit } = await startBrowser(() => shop.urls.gateway)

beforeAll(async () => {
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  const place = { KAKILIMA_DATA: shop.dataFolder }
  ;[viewer, colleague] = await Promise.all([newStaff('viewer', place), newStaff('staff', place)])
}, 180_000)

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

const asAdmin = (path: string, look?: Parameters<typeof deskAs>[4]) =>
  deskAs(visit, env.ADMIN_EMAIL, env.ADMIN_PASSWORD, path, look)
const as = ({ email, password }: { email: string; password: string }, path: string) =>
  deskAs(visit, email, password, path)
const stockOf = async (id: number): Promise<number> => (await api.get('inventory', `/products/${id}`)).body.stock
const rowOf = (page: Page, id: number) => page.getByRole('row').filter({ hasText: `#${id}` })
const told = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor()
const leavesStock = (page: Page, before: number, after: number) =>
  page.getByText(`dari ${before} menjadi ${after}`).waitFor({ state: 'attached' })

test('what a guest pays shows at the desk by itself, with a sound, and confirming it takes the stock', async () => {
  const product = await newProduct(api, 'Kopi Luwak Liwa', 5)
  const { page, faults } = await asAdmin('/admin/pesanan')
  await told(page, 'Semua sudah dikonfirmasi')
  await page.evaluate(`
    window.isSameVisit = true
    window.tones = 0
    const start = OscillatorNode.prototype.start
    OscillatorNode.prototype.start = function (...when) { window.tones++; return start.apply(this, when) }`)
  await page.getByText('Langsung', { exact: true }).waitFor()
  await page.getByRole('switch', { name: 'Bunyikan saat ada pesanan dibayar' }).click()
  // It sounds once as a sample; after that only when something was paid.
  expect(await page.evaluate('window.tones')).toBe(2)
  const sampledMs = await page.evaluate<number>('performance.now()')
  await waitFor(
    () => page.evaluate<number>('performance.now()'),
    (now) => now > sampledMs + 2000,
  )

  const guest = await visit('/', { size: desktop })
  await orderAsGuest(guest.page, product.slug)
  await payBy(guest.page, 'QRIS')
  const [{ id }] = await ordersOf(guest.page)

  await rowOf(page, id).getByText('Budi Santoso').waitFor()
  await page.getByText('1 pesanan baru').waitFor({ state: 'attached' })
  expect(await page.evaluate('window.tones')).toBe(4)
  await page.getByRole('link', { name: 'Perlu dikonfirmasi 1' }).waitFor()

  await page.getByRole('button', { name: `Konfirmasi pesanan ${id}` }).click()
  await leavesStock(page, 5, 4)
  await page.getByRole('dialog').getByRole('button', { name: 'Konfirmasi', exact: true }).click()
  await told(page, 'Pesanan dikonfirmasi.')
  await told(page, 'Semua sudah dikonfirmasi')
  expect(await stockOf(product.id)).toBe(4)
  // The buyer sees it too, and nobody reloaded anything.
  await guest.page.goto(`/pesanan/${id}`)
  await guest.page.getByRole('heading', { name: 'Pesanan dikonfirmasi' }).waitFor()
  expect(await page.evaluate('window.isSameVisit')).toBe(true)
  expect(faults).toEqual([])
})

test('fifty paid orders are confirmed at once, and what leaves the stock is shown before', async () => {
  const product = await newProduct(api, 'Teh Poci', 200)
  const { page, faults } = await asAdmin('/admin/pesanan?cari=Lima+Puluh')
  await page.getByText('Langsung', { exact: true }).waitFor()
  let asked = 0
  page.on('request', (request) => request.url().endsWith('/desk/summary') && asked++)
  const beganMs = Date.now()
  await newPaidOrders(api, await newBuyer(api, 'Lima Puluh Pembeli', '081200000050'), product.id, 50)
  await waitFor(
    () => page.getByRole('table').getAttribute('aria-rowcount'),
    (count) => count === '51',
  )
  // However much happens, the desk asks once a second.
  expect(asked).toBeLessThanOrEqual(Math.ceil((Date.now() - beganMs) / 1000) + 1)
  await page.getByLabel('Pilih semua yang tampil').check()
  await page.getByRole('region', { name: 'Tindakan untuk yang dipilih' }).getByText('50 dipilih').waitFor()
  await button(page, 'Konfirmasi 50').click()
  await page.getByText('−50').waitFor()
  await leavesStock(page, 200, 150)
  await page.getByRole('dialog').getByRole('button', { name: 'Konfirmasi 50' }).click()
  await told(page, '50 pesanan dikonfirmasi.')
  await told(page, 'Tidak ada yang cocok')
  expect(await stockOf(product.id)).toBe(150)

  // All of them are in the history.
  await page.getByRole('link', { name: 'Riwayat' }).click()
  await waitFor(
    () => page.getByRole('table').getAttribute('aria-rowcount'),
    (count) => count === '51',
  )
  expect(faults).toEqual([])
})

test('two of the staff confirm the same orders at once: both see them confirmed, the stock is taken once', async () => {
  const product = await newProduct(api, 'Gula Semut', 30)
  await newPaidOrders(api, await newBuyer(api, 'Dua Sekaligus', '081200000002'), product.id, 10)
  const desks = await Promise.all([
    asAdmin('/admin/pesanan?cari=Dua+Sekaligus'),
    as(colleague, '/admin/pesanan?cari=Dua+Sekaligus'),
  ])
  for (const { page } of desks) {
    await page.getByLabel('Pilih semua yang tampil').check()
    await button(page, 'Konfirmasi 10').click()
    await leavesStock(page, 30, 20)
  }
  const outcomes = await Promise.all(
    desks.map(async ({ page }) => {
      const answer = page.waitForResponse('**/api/v1/orders/confirmations')
      await page.getByRole('dialog').getByRole('button', { name: 'Konfirmasi 10' }).click()
      const { results } = await (await answer).json()
      return results.map(({ outcome }: { outcome: string }) => outcome)
    }),
  )
  const all = outcomes.flat()
  expect(all.filter((outcome) => outcome === 'confirmed')).toHaveLength(10)
  expect(all.filter((outcome) => outcome === 'already-confirmed' || outcome === 'confirming')).toHaveLength(10)
  for (const { page, faults } of desks) {
    await page.getByRole('table').waitFor({ state: 'detached' })
    expect(faults).toEqual([])
  }
  expect(await stockOf(product.id)).toBe(20)
})

test('orders that are still on their way to the page cannot be chosen', async () => {
  const product = await newProduct(api, 'Gula Aren', 3)
  const [id] = await newPaidOrders(api, await newBuyer(api, 'Belum Tampil', '081200000012'), product.id, 1)
  const { page, faults } = await asAdmin('/admin/pesanan?tab=semua&cari=zzzz')
  await told(page, 'Tidak ada yang cocok')
  const { promise: isLetThrough, resolve: letThrough } = Promise.withResolvers<void>()
  await page.route('**/api/v1/orders?*', async (route) => {
    await isLetThrough
    await route.continue()
  })
  await page.goto('/admin/pesanan?cari=Belum+Tampil')
  const all = page.getByLabel('Pilih semua yang tampil')
  await all.waitFor()
  expect(await all.isDisabled()).toBe(true)
  letThrough()
  await all.check()
  await button(page, 'Konfirmasi 1').waitFor()
  const { status } = await api.put('gateway', `/api/v1/orders/${id}/confirm`, undefined, admin)
  expect(status).toBe(200)
  expect(faults).toEqual([])
})

test('a paid order that staff cancel gives its stock back, and its money is given back with a reference', async () => {
  const product = await newProduct(api, 'Sambal Roa', 4, 45_000)
  const [id] = await newPaidOrders(api, await newBuyer(api, 'Rina Refund', '081200000003'), product.id, 1)
  const { page, faults } = await asAdmin(`/admin/pesanan/${id}`)
  await button(page, 'Batalkan pesanan').click()
  await page.getByText(/Rp\s45\.000 harus Anda kembalikan/).waitFor()
  await page.getByRole('dialog').getByRole('button', { name: 'Batalkan pesanan' }).click()
  await page
    .getByRole('heading', { name: `Pesanan #${id}` })
    .getByText('Dibatalkan')
    .waitFor()
  await page.getByText('Uang harus dikembalikan').waitFor()
  await waitFor(
    () => api.get('inventory', `/products/${product.id}`),
    ({ body }) => body.available === 4,
  )

  await page.getByRole('link', { name: 'Pengembalian' }).click()
  await page.getByRole('button', { name: `Tandai dikembalikan: pesanan ${id}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Tandai dikembalikan' }).click()
  await told(page, 'Isi nomor bukti')
  await dialog.getByLabel('Nomor bukti pengembalian').fill('BCA-778')
  await dialog.getByRole('button', { name: 'Tandai dikembalikan' }).click()
  await told(page, 'Pengembalian dicatat.')
  await page.getByRole('link', { name: 'Sudah dikembalikan' }).click()
  await rowOf(page, id!).getByText('BCA-778').waitFor()
  const { body } = await api.get('gateway', `/api/v1/payments?order_id=${id}`, admin)
  expect(body).toMatchObject([{ state: 'refunded', refund_reference: 'BCA-778' }])

  // The order tells who did what.
  await page.goto(`/admin/pesanan/${id}`)
  await page.getByText('Uang dikembalikan oleh').waitFor()
  expect(faults).toEqual([])
})

test('staff take cash: the order is paid, and its page tells so', async () => {
  const product = await newProduct(api, 'Emping Manis', 6, 12_000)
  const id = await newOrder(api, await newBuyer(api, 'Tono Tunai', '081200000004'), product.id, 2)
  const { page, faults } = await as(colleague, `/admin/pesanan/${id}`)
  await button(page, 'Catat uang diterima').click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(/Rp\s24\.000/).waitFor()
  await dialog.getByLabel('Dibayar lewat').selectOption('CASH')
  await dialog.getByRole('button', { name: 'Catat uang diterima' }).click()
  await page
    .getByRole('heading', { name: `Pesanan #${id}` })
    .getByText('Sudah dibayar')
    .waitFor()
  const { body } = await api.get('gateway', `/api/v1/orders/${id}`, admin)
  expect(body).toMatchObject({ status: 'paid', payment_method: 'CASH' })
  expect(faults).toEqual([])
})

test('a note is kept with its author, and one that could not be stored comes back to be sent again', async () => {
  const product = await newProduct(api, 'Dodol Garut', 6)
  const id = await newOrder(api, await newBuyer(api, 'Nita Nota', '081200000005'), product.id)
  const { page } = await as(colleague, `/admin/pesanan/${id}`)
  await page.route('**/notes', (route) => route.fulfill({ status: 503, json: { type: '/problems/neighbor-failed' } }))
  const field = page.getByLabel('Tulis catatan')
  await field.fill('Minta dibungkus kado')
  await field.press('Control+Enter')
  await told(page, /Tidak tersimpan, jadi dikembalikan seperti semula/)
  expect(await field.inputValue()).toBe('Minta dibungkus kado')

  await page.unroute('**/notes')
  await field.press('Control+Enter')
  await page.getByRole('listitem').filter({ hasText: 'Minta dibungkus kado' }).getByText('oleh staff').waitFor()
  expect(await field.inputValue()).toBe('')
  const notes = await api.get('gateway', `/api/v1/orders/${id}/notes`, admin)
  expect(notes.body).toMatchObject([{ text: 'Minta dibungkus kado', author: { name: 'staff' } }])
})

test('orders are shown as confirmed at once, and as they were when that could not be stored', async () => {
  const product = await newProduct(api, 'Kerupuk Kulit', 9)
  const buyer = await newBuyer(api, 'Gagal Simpan', '081200000006')
  const [id] = await newPaidOrders(api, buyer, product.id, 1)
  const { page } = await asAdmin('/admin/pesanan?cari=Gagal+Simpan')
  let fail = (): void => undefined
  const isSeen = new Promise<void>((resolve) => (fail = resolve))
  await page.route('**/api/v1/orders/confirmations', async (route) => {
    await isSeen
    await route.fulfill({ status: 503, json: { type: '/problems/database-unavailable' } })
  })
  await page.getByRole('button', { name: `Konfirmasi pesanan ${id}` }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Konfirmasi', exact: true }).click()
  // The dialog hides it from those who cannot see, until it is known.
  await page
    .locator('[role=row]')
    .filter({ hasText: `#${id}` })
    .getByText('Dikonfirmasi', { exact: true })
    .waitFor()
  fail()
  await told(page, /1 tidak tersimpan, jadi dikembalikan seperti semula\. Basis data/)
  await button(page, 'Tutup').last().click()
  await page.getByRole('button', { name: `Konfirmasi pesanan ${id}` }).waitFor()

  // Once it works again it is confirmed from the order's own page.
  await page.unroute('**/api/v1/orders/confirmations')
  await page.getByRole('link', { name: `Buka pesanan ${id}` }).click()
  // The list that is left has a button of this name as well.
  await page.getByRole('heading', { name: `Pesanan #${id}` }).waitFor()
  await button(page, 'Konfirmasi').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Konfirmasi', exact: true }).click()
  await page
    .getByRole('heading', { name: `Pesanan #${id}` })
    .getByText('Dikonfirmasi')
    .waitFor()
  await told(page, 'Pesanan dikonfirmasi.')
  expect(await stockOf(product.id)).toBe(8)
})

test('who only looks has no way to change an order, on the pages and at the API', async () => {
  const product = await newProduct(api, 'Wingko Babat', 9)
  const [id] = await newPaidOrders(api, await newBuyer(api, 'Vina Viewer', '081200000007'), product.id, 1)
  const looking = await signIn(api, viewer.email, viewer.password)
  const refusals = await Promise.all([
    api.post('gateway', '/api/v1/orders/confirmations', { order_ids: [id] }, looking),
    api.post('gateway', `/api/v1/orders/${id}/cancellation`, undefined, looking),
    api.post('gateway', `/api/v1/orders/${id}/notes`, { text: 'Halo' }, looking),
  ])
  expect(refusals.map(({ status }) => status)).toEqual([403, 403, 403])

  const { page } = await as(viewer, '/admin/pesanan?cari=Vina+Viewer')
  await rowOf(page, id!).waitFor()
  expect(await button(page, /Konfirmasi/).count()).toBe(0)
  await page.getByRole('link', { name: `Buka pesanan ${id}` }).click()
  await page.getByText('Perjalanan pesanan').waitFor()
  await page.getByText('Uang diterima').waitFor()
  for (const name of [/Konfirmasi/, /Batalkan/, /Simpan catatan/, /Catat uang/])
    expect(await button(page, name).count(), String(name)).toBe(0)
  expect(await page.getByLabel('Tulis catatan').count()).toBe(0)
})

test('orders are found by number, name and phone, and what is found is downloaded as a table', async () => {
  const product = await newProduct(api, 'Brem Madiun', 20)
  const buyer = await newBuyer(api, 'Wahyu Pencari', '0813-5555-7777')
  const id = await newOrder(api, buyer, product.id)
  const other = await newOrder(api, buyer, product.id)
  await payOrder(api, buyer, other, 'EWALLET')
  const { page, faults } = await asAdmin('/admin/pesanan?tab=semua')
  const search = page.getByRole('searchbox', { name: 'Cari pesanan' })
  const rows = async (count: number) => {
    await waitFor(
      () => page.getByRole('row').filter({ hasText: 'Brem Madiun' }).count(),
      (found) => found === count,
    )
    await waitFor(
      () => page.getByRole('table').getAttribute('aria-rowcount'),
      (all) => all === String(count + 1),
    )
  }
  for (const [text, count] of [
    ['wahyu penc', 2],
    ['+62 813 5555 7777', 2],
    [String(id), 1],
  ] as const) {
    await search.fill(text)
    await rows(count)
  }
  await search.fill('Wahyu')
  await page.getByLabel('Metode pembayaran').selectOption('EWALLET')
  await rows(1)
  expect(new URL(page.url()).search).toBe('?tab=semua&cari=Wahyu&cara=EWALLET')
  const downloading = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Unduh CSV' }).click()
  const lines = (await readFile(await (await downloading).path(), 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(2)
  expect(lines[1]).toContain('Wahyu Pencari')
  expect(lines[1]).toContain(String(other))
  expect(faults).toEqual([])
})

test('slips to pack by are black on white without prices, one a page', async () => {
  const product = await newProduct(api, 'Bakpia Pathok', 20, 31_000)
  const ids = await newPaidOrders(api, await newBuyer(api, 'Sinta Slip', '081200000008'), product.id, 2)
  const { page, faults } = await asAdmin('/admin/pesanan?cari=Sinta+Slip', { colorScheme: 'dark' })
  await page.getByLabel('Pilih semua yang tampil').check()
  await button(page, 'Cetak slip').click()
  await page.getByRole('article').nth(1).waitFor()
  const slips = page.getByRole('article')
  expect(await slips.count()).toBe(2)
  const [first, second] = await slips.allTextContents()
  expect(first).toContain(`#${ids[0]}`)
  expect(second).toContain(`#${ids[1]}`)
  expect(first).toContain('Sinta Slip')
  expect(first).toContain('081200000008')
  expect(first).toContain('Bakpia Pathok')
  expect(first).not.toContain('31.000')

  await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
  expect(await button(page, 'Cetak').isVisible()).toBe(false)
  const style = 'getComputedStyle(document.querySelector("article"))'
  expect(await page.evaluate(`[${style}.backgroundColor, ${style}.color, ${style}.breakAfter]`)).toEqual([
    'rgb(255, 255, 255)',
    'rgb(0, 0, 0)',
    'page',
  ])
  await page.emulateMedia({ media: 'screen' })
  await page.getByRole('switch', { name: 'Tampilkan harga' }).check()
  await slips
    .first()
    .getByText(/Rp\s31\.000/)
    .first()
    .waitFor()
  expect(faults).toEqual([])
})

test('an order is found, opened and confirmed by keyboard alone', async () => {
  const product = await newProduct(api, 'Geplak Bantul', 9)
  const [, id] = await newPaidOrders(api, await newBuyer(api, 'Kiki Keyboard', '081200000009'), product.id, 2)
  const { page, faults } = await asAdmin('/admin/pesanan')
  await page.getByRole('table').waitFor()
  const { keyboard } = page
  await keyboard.press('/')
  await keyboard.type('Kiki Keyboard')
  await waitFor(
    () => page.getByRole('table').getAttribute('aria-rowcount'),
    (count) => count === '3',
  )
  await page.getByRole('searchbox').blur()
  await keyboard.press('j')
  await keyboard.press('j')
  const focused = () => page.evaluate('document.activeElement.textContent.trim()')
  await waitFor(focused, (text) => text === `#${id}`)
  await keyboard.press('x')
  await page.getByText('1 dipilih').waitFor()
  await keyboard.press('x')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: `Pesanan #${id}` }).waitFor()
  await page.getByRole('button', { name: 'Konfirmasi', exact: true }).waitFor()
  await keyboard.press('c')
  await leavesStock(page, 9, 8)
  await keyboard.press('Enter')
  await told(page, 'Pesanan dikonfirmasi.')
  await keyboard.press('n')
  await waitFor(
    () => page.evaluate('document.activeElement.tagName'),
    (tag) => tag === 'TEXTAREA',
  )
  expect(await stockOf(product.id)).toBe(8)
  expect(faults).toEqual([])
})

test('orders that could not be decided have a tab of their own, where staff try them again or reject them', async () => {
  const order = {
    order_id: 4711,
    user_id: 1,
    lines: [{ product_id: 1, quantity: 2 }],
    accepted_at: '2026-11-27T00:00:00.000Z',
    reason: 'The inventory service failed',
    parked_at: '2026-11-27T00:00:00.000Z',
    customer: { id: 1, name: 'Tia Tertunda', phone: '0812', email: null },
  }
  const summary = { paid: 0, confirming: 0, awaiting_payment: 0, refund_due: 0, parked: 1 }
  const { page } = await asAdmin('/admin/pesanan')
  await page.route('**/api/v1/desk/summary', (route) => route.fulfill({ json: summary }))
  await page.route('**/api/v1/parked-orders', (route) => route.fulfill({ json: [order] }))
  const asked: string[] = []
  await page.route('**/api/v1/parked-orders/4711/*', (route) => {
    asked.push(new URL(route.request().url()).pathname)
    // The first is refused: what was taken from the list comes back to it.
    return asked.length === 1 ? route.fulfill({ status: 503, json: {} }) : route.fulfill({ json: {} })
  })
  await page.goto('/admin/pesanan?tab=tertunda')
  await page.getByRole('link', { name: 'Tertunda 1' }).waitFor()
  await page.getByText('Tia Tertunda').waitFor()
  await button(page, 'Coba lagi').click()
  await told(page, /Tidak tersimpan, jadi dikembalikan seperti semula/)
  await page.getByText('Tia Tertunda').waitFor()
  await button(page, 'Tolak').click()
  await page.getByRole('dialog').getByRole('button', { name: 'Tolak' }).click()
  await told(page, 'Pesanan #4711 ditolak.')
  await told(page, 'Tidak ada yang tertunda')
  expect(asked).toEqual(['/api/v1/parked-orders/4711/replay', '/api/v1/parked-orders/4711/rejection'])
})

test.for([
  { size: phone, colorScheme: 'light' },
  { size: phone, colorScheme: 'dark' },
  { size: desktop, colorScheme: 'light' },
  { size: desktop, colorScheme: 'dark' },
] as const)('no page of orders has a barrier: $size.width px, $colorScheme', async ({ size, colorScheme }) => {
  const product = await newProduct(api, `Lemper ${size.width} ${colorScheme}`, 9)
  const buyer = await newBuyer(api, `Akses ${size.width} ${colorScheme}`, '081200000010')
  const [id, canceled] = await newPaidOrders(api, buyer, product.id, 2)
  await api.post('gateway', `/api/v1/orders/${canceled}/cancellation`, undefined, admin)
  const { page, faults } = await asAdmin('/admin/pesanan', { size, colorScheme })
  async function look(): Promise<void> {
    expect(await findBarriers(page), page.url()).toEqual([])
    expect(await overflowOf(page), `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0)
  }
  await rowOf(page, id!).getByRole('checkbox').check()
  await look()
  await button(page, 'Konfirmasi 1').click()
  await leavesStock(page, 9, 8)
  await look()
  await page.keyboard.press('Escape')
  for (const [path, text] of [
    ['/admin/pesanan?tab=riwayat&cari=zzzz', 'Tidak ada yang cocok'],
    [`/admin/pesanan/${canceled}`, 'Uang harus dikembalikan'],
    [`/admin/pesanan/${id}/slip`, 'Dikemas oleh'],
    ['/admin/pengembalian', `Akses ${size.width} ${colorScheme}`],
    ['/admin/pesanan/999999', 'Pesanan ini tidak ada'],
  ] as const) {
    await page.goto(path)
    await page.getByText(text).first().waitFor()
    await look()
  }
  expect(faults).toEqual([])
})
