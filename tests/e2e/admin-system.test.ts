import { desktop, findBarriers, type Page, phone } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { type EventReceiver, startReceiver } from '@kakilima/testkit/event-receiver'
import { pngOf } from '@kakilima/testkit/png'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { shopDatabases } from '@kakilima/testkit/shop-database'
import { type Kysely, sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminOfJourneys, deskAs, overflowOf } from './desk.ts'
import { newGuest, type Signed, signIn } from './people.ts'
import { button, newProduct } from './shopping.ts'

const admin = { email: adminOfJourneys.ADMIN_EMAIL, password: adminOfJourneys.ADMIN_PASSWORD }
const viewer = { email: 'tono@example.com', password: 'kata sandi tono' }
// Ahead of every other zone, so that a day that is reckoned elsewhere shows.
const zone = 'Pacific/Kiritimati'

let shop: Shop
let api: ReturnType<typeof callerOf>
let staff: Signed
let receiver: EventReceiver
let orders: Kysely<any>
let product: { id: number; slug: string }
const { visit } = await startBrowser(() => shop.urls.gateway)

beforeAll(async () => {
  receiver = await startReceiver()
  shop = await startShop({
    env: {
      ...adminOfJourneys,
      PAYMENT_WINDOW_SECONDS: '900',
      // A private address may only be named by the environment.
      N8N_WEBHOOK_URL: receiver.url,
      N8N_WEBHOOK_SECRET: receiver.secret,
    },
  })
  api = callerOf(shop.urls)
  staff = await signIn(api, admin.email, admin.password)
  orders = (await shopDatabases(shop.dataFolder)).open('order')
  const { status } = await api.post('gateway', '/api/v1/staff', { ...viewer, name: 'Tono', role: 'viewer' }, staff)
  expect(status).toBe(201)
}, 180_000)

afterAll(async () => {
  await orders.destroy()
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  receiver.stop()
  expect(audit.code, audit.output).toBe(0)
})

const asAdmin = (path: string, look = {}) => deskAs(visit, admin.email, admin.password, path, look)
const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name })

/** Orders as somebody new, and waits for the decision. */
async function order(productId: number, quantity: number): Promise<{ id: number; headers: Signed; body: any }> {
  const { headers } = await newGuest(api)
  const placed = await api.post('gateway', '/api/v1/orders', { items: [{ product_id: productId, quantity }] }, headers)
  const { body } = await waitFor(
    () => api.get('gateway', `/api/v1/orders/${placed.body.order_id}`, headers),
    ({ body: found }) => found.status !== 'queued',
  )
  return { id: body.id, headers, body }
}

async function pay({ id, headers }: { id: number; headers: Signed }, method: string): Promise<void> {
  const opened = await api.post('gateway', `/api/v1/orders/${id}/payments`, { payment_method: method }, headers)
  const { status } = await api.post('gateway', `/api/v1/payments/${opened.body.id}/confirm`, undefined, headers)
  expect(status).toBe(200)
}

async function setWindows(seconds: number | null): Promise<void> {
  const { status } = await api.put('gateway', '/api/v1/payment-windows', { standard_seconds: seconds }, staff)
  expect(status).toBe(200)
}

/** What the home page says of today, counted from the database itself. */
async function countedToday(): Promise<Record<string, string>> {
  const { rows } = await sql<Record<string, number>>`
    with today as (select (now() at time zone ${zone})::date as day)
    select
      (select coalesce(sum(total_price), 0)::int8 from orders, today
       where status in ('paid', 'confirming', 'confirmed') and (paid_at at time zone ${zone})::date = day) as revenue,
      (select count(*) from orders, today
       where status in ('paid', 'confirming', 'confirmed') and (paid_at at time zone ${zone})::date = day) as paid,
      (select count(*) from orders, today where (created_at at time zone ${zone})::date = day) as placed,
      (select count(*) from orders, today
       where status in ('paid', 'confirming', 'confirmed') and (created_at at time zone ${zone})::date = day) as placed_and_paid,
      (select count(*) from orders, today
       where status = 'expired' and (ended_at at time zone ${zone})::date = day) as expired`.execute(orders)
  const { revenue, paid, placed, placed_and_paid: placedAndPaid, expired } = rows[0]!
  const rupiah = (amount: number) => `Rp${Math.round(amount).toLocaleString('id-ID')}`
  return {
    revenue: rupiah(revenue!),
    orders: String(placed),
    basket: rupiah(revenue! / paid!),
    conversion: `${Math.round((100 * placedAndPaid!) / placed!)}%`,
    expired: String(expired),
  }
}

async function shownToday(page: Page): Promise<Record<string, string>> {
  const shown: Record<string, string> = {}
  for (const figure of await page.locator('[data-figure]').all())
    shown[(await figure.getAttribute('data-figure'))!] = (await figure.innerText()).replaceAll(/\s/g, '')
  return shown
}

test('a new shop is shown its first steps', async () => {
  const { page, faults } = await asAdmin('/admin')
  await heading(page, 'Selamat datang di toko Anda').waitFor()
  await heading(page, 'Buat produk pertama').waitFor()
  expect(await page.getByLabel('Alamat toko').inputValue()).toBe(`${shop.urls.gateway}/`)
  expect(await findBarriers(page)).toEqual([])
  expect(faults).toEqual([])
})

test('the figures of the home page are those of the databases, on days of the shop, and follow what happens', async () => {
  await api.put('gateway', '/api/v1/shop', { time_zone: zone }, staff)
  product = await newProduct(api, 'Kopi Tubruk Gayo', 12, 18_000)
  await newProduct(api, 'Gula Aren Cair', 2, 30_000)
  const [first, second, earlier, canceled] = [
    await order(product.id, 2),
    await order(product.id, 1),
    await order(product.id, 3),
    await order(product.id, 1),
  ]
  await pay(first, 'QRIS')
  await pay(second, 'EWALLET')
  await pay(earlier, 'QRIS')
  await sql`update orders set paid_at = paid_at - interval '24 hours' where id = ${earlier.id}`.execute(orders)
  await api.put('gateway', `/api/v1/orders/${second.id}/confirm`, undefined, staff)
  await api.post('gateway', `/api/v1/orders/${canceled.id}/cancellation`, undefined, canceled.headers)
  expect((await order(product.id, 500)).body.status).toBe('rejected')
  await setWindows(1)
  const late = await order(product.id, 1)
  await waitFor(
    () => api.get('gateway', `/api/v1/orders/${late.id}`, late.headers),
    ({ body }) => body.status === 'expired',
  )
  await setWindows(null)

  const { page, faults } = await asAdmin('/admin')
  await heading(page, 'Hari ini').waitFor()
  await waitFor(
    async () => [await shownToday(page), await countedToday()],
    ([shown, counted]) => JSON.stringify(shown) === JSON.stringify(counted),
  )
  await page.getByText('Kemarin Rp 54.000').first().waitFor()
  await page.getByRole('img', { name: /Grafik batang pemasukan 30 hari terakhir/ }).waitFor()
  await page.getByText('Lihat sebagai tabel').first().click()
  await page.getByRole('cell', { name: 'Rp 54.000' }).first().waitFor()
  await page.getByRole('link', { name: /Kopi Tubruk Gayo 6 terjual Rp 108.000/ }).waitFor()
  await page.getByRole('link', { name: /Gula Aren Cair Sisa 2/ }).waitFor()
  await page.getByText('2 pesanan').waitFor()

  // Somebody buys while the page is looked at.
  await pay(await order(product.id, 1), 'CASH')
  const counted = await countedToday()
  await waitFor(
    () => shownToday(page),
    (shown) => JSON.stringify(shown) === JSON.stringify(counted),
  )
  await page.getByRole('link', { name: /^3 Pesanan untuk dikonfirmasi/ }).waitFor()
  expect(faults).toEqual([])
})

test('settings change the name, the logo, the languages and the time to pay of the shop', async () => {
  const { page, faults } = await asAdmin('/admin/pengaturan')
  await page.getByLabel('Nama toko').fill('Warung Bu Rina')
  await page.getByLabel('Zona waktu').fill('Asia/Nowhere')
  await button(page, 'Simpan pengaturan').click()
  await page.getByText('Pilih zona waktu dari daftar').waitFor()
  await page.getByLabel('Zona waktu').fill('Asia/Makassar')
  await page.getByRole('checkbox', { name: 'Bahasa Indonesia' }).uncheck()
  await button(page, 'Simpan pengaturan').click()
  await page.getByText('Tersimpan.').waitFor()
  await page.getByRole('banner').getByText('Warung Bu Rina').waitFor()

  const logo = { name: 'logo.png', mimeType: 'image/png', buffer: pngOf(64, 64) }
  await page.getByLabel('Pilih gambar').setInputFiles({ ...logo, name: 'logo.txt', mimeType: 'text/plain' })
  await page.getByText('Gambar harus JPEG, PNG, atau WebP.').waitFor()
  await page.getByLabel('Pilih gambar').setInputFiles(logo)
  await page.getByText('Logo dipasang.').waitFor()
  expect(await page.getByRole('img', { name: 'Logo toko' }).getAttribute('src')).toMatch(/^http/)

  await page.getByLabel('Batas waktu untuk Sebelum cara bayar dipilih').selectOption('Atur sendiri')
  await page.getByLabel('Lama untuk Sebelum cara bayar dipilih').fill('0')
  await button(page, 'Simpan waktu membayar').click()
  await page.getByText('Isi lamanya, lebih dari 0 dan paling lama 365 hari.').waitFor()
  await page.getByLabel('Lama untuk Sebelum cara bayar dipilih').fill('45')
  await page.getByLabel('Batas waktu untuk Tunai').selectOption('Tanpa batas')
  await button(page, 'Simpan waktu membayar').click()
  await waitFor(
    () => api.get('gateway', '/api/v1/payment-windows', staff),
    ({ body }) => body.standard_seconds === 45 * 60,
  )
  const { id, headers, body } = await order(product.id, 1)
  // Counted from the decision, which comes a moment after the order.
  const minutes = (Date.parse(body.expires_at) - Date.parse(body.created_at)) / 60_000
  expect(minutes).toBeGreaterThanOrEqual(45)
  expect(minutes).toBeLessThan(46)
  await api.post('gateway', `/api/v1/orders/${id}/payments`, { payment_method: 'CASH' }, headers)
  expect((await api.get('gateway', `/api/v1/orders/${id}`, headers)).body.expires_at).toBeNull()

  const store = await visit('/')
  await heading(store.page, 'Pick it, order it, pay. Done.').waitFor()
  await store.page.getByRole('banner').getByText('Warung Bu Rina').waitFor()
  await store.page.locator('header img').first().waitFor()
  expect(await button(store.page, /Bahasa Indonesia/).count()).toBe(0)
  expect([...faults, ...store.faults]).toEqual([])
  await api.put('gateway', '/api/v1/shop', { languages: ['id', 'en'], time_zone: zone }, staff)
})

test('who is invited signs in with the password that was shown, and a new role ends the session', async () => {
  const { page, faults } = await asAdmin('/admin/staf')
  await button(page, 'Undang staf').click()
  const invite = page.getByRole('dialog').getByRole('button', { name: 'Undang', exact: true })
  await invite.click()
  await page.getByText('Isi namanya.').waitFor()
  await page.getByText('Isi alamat e-mail, seperti rina@contoh.com.').waitFor()
  await page.getByLabel('Nama', { exact: true }).fill('Rina Wijaya')
  await page.getByLabel('Alamat e-mail').fill('rina@example.com')
  await invite.click()
  const password = await page.getByLabel('Kata sandi', { exact: true }).inputValue()
  await button(page, 'Sudah saya salin').click()

  const rina = await deskAs(visit, 'rina@example.com', password, '/admin/webhook')
  await heading(rina.page, 'Penerima').waitFor()
  const menu = rina.page.getByRole('navigation').first()
  expect(await menu.getByRole('link', { name: 'Catatan perubahan' }).count()).toBe(0)
  expect((await rina.page.request.get('/api/v1/audit-log')).status()).toBe(403)
  await rina.page.goto('/admin/catatan')
  await rina.page.getByText('Peran Anda tidak mengizinkan ini.').waitFor()

  await button(page, 'Tindakan untuk Rina Wijaya').click()
  await page.getByRole('menuitem', { name: 'Ganti peran' }).click()
  await page.getByRole('radio', { name: /Pengamat/ }).check()
  await button(page, 'Ganti peran').click()
  await page.getByText('Peran diganti.').waitFor()
  await waitFor(
    async () => (await rina.page.request.get('/api/v1/me')).status(),
    (status) => status === 401,
  )
  await rina.page.goto('/admin/pembeli')
  await rina.page.waitForURL(/masuk\?lalu=/)

  // Nobody takes the own role away.
  await button(page, 'Tindakan untuk Admin').click()
  expect(await page.getByRole('menuitem', { name: 'Ganti peran' }).getAttribute('aria-disabled')).toBe('true')
  await page.keyboard.press('Escape')
  expect([...faults, ...rina.faults]).toEqual([])
})

test('each thing that roles may do is told in Indonesian', async () => {
  const { page } = await asAdmin('/admin/staf')
  const { body: permissions } = await api.get('gateway', '/api/v1/permissions', staff)
  await heading(page, 'Yang boleh dilakukan setiap peran').waitFor()
  const shown = (await page.locator('details tbody th').allTextContents()).map((text) => text.trim())
  const summaries = permissions.filter(({ allowed }: any) => allowed !== 'anyone').map(({ summary }: any) => summary)
  expect(shown).toHaveLength(summaries.length)
  expect(
    shown.filter((sentence) => summaries.includes(sentence)),
    'add these to permission-sentences.ts',
  ).toEqual([])
})

test('a viewer sees and cannot change', async () => {
  const { page, faults } = await deskAs(visit, viewer.email, viewer.password, '/admin/pengaturan')
  await page.getByText('Hanya admin yang bisa mengubah pengaturan.').waitFor()
  await page.getByLabel('Lama untuk Sebelum cara bayar dipilih').waitFor()
  expect(await page.getByLabel('Nama toko').isDisabled()).toBe(true)
  expect(await page.getByLabel('Lama untuk Sebelum cara bayar dipilih').isDisabled()).toBe(true)
  expect(await button(page, /Simpan|Pilih gambar|Ganti gambar|Hapus logo/).count()).toBe(0)
  await page.goto('/admin/staf')
  await page.getByText('admin@example.com').waitFor()
  expect(await button(page, /Undang|Tindakan/).count()).toBe(0)
  const { body: guests } = await api.get('gateway', '/api/v1/customers?limit=1', staff)
  await page.goto(`/admin/pembeli/${guests[0].id}`)
  await heading(page, 'Akses ke toko').waitFor()
  expect(await button(page, /Blokir/).count()).toBe(0)
  await page.goto('/admin/kesehatan')
  await heading(page, 'Pemeriksaan angka').waitFor()
  expect(await button(page, 'Periksa sekarang').count()).toBe(0)

  const signed = await signIn(api, viewer.email, viewer.password)
  const refused = [
    await api.put('gateway', '/api/v1/shop', { name: 'Diubah' }, signed),
    await api.put('gateway', '/api/v1/payment-windows', { standard_seconds: 5 }, signed),
    await api.post('gateway', '/api/v1/staff', { name: 'X', email: 'x@example.com', role: 'admin' }, signed),
    await api.put('gateway', `/api/v1/customers/${guests[0].id}/ban`, undefined, signed),
    await api.post('gateway', '/api/v1/audit', undefined, signed),
    await api.get('gateway', '/api/v1/webhooks/deliveries', signed),
  ]
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 403])
  expect(faults).toEqual([])
})

test('a customer is found, banned and let in again, and a ban that fails is taken back before the eyes', async () => {
  const guest = await newGuest(api, 'Sri Lestari')
  const { page, faults } = await asAdmin('/admin/pembeli')
  await page.getByRole('searchbox').fill('sri les')
  await page.waitForURL(/cari=sri/)
  await page.getByRole('link', { name: 'Sri Lestari' }).click()
  await heading(page, 'Sri Lestari').waitFor()
  await page.route('**/ban', (route) =>
    route.fulfill({ status: 503, json: { type: '/problems/neighbor-unavailable' } }),
  )
  const ban = async () => {
    await button(page, 'Blokir pembeli').click()
    await page.getByRole('dialog').getByRole('button', { name: 'Blokir pembeli' }).click()
  }
  await ban()
  await page.getByText('Tidak tersimpan, jadi dikembalikan seperti semula.').waitFor()
  await page.getByText('Pembeli ini bisa masuk dan memesan.').waitFor()
  await page.unroute('**/ban')
  await ban()
  await page.getByText('Diblokir', { exact: true }).waitFor()
  await waitFor(
    () => api.get('gateway', '/api/v1/me', guest.headers),
    ({ status }) => status === 401,
  )
  await button(page, 'Buka blokir').click()
  await page.getByText('Blokir dibuka.').waitFor()
  expect(faults).toEqual([])
})

test('a receiver is added with a secret that is shown once, and what was sent is seen and sent again', async () => {
  const { page, faults } = await asAdmin('/admin/webhook')
  await button(page, 'Tambah penerima').click()
  await page.getByLabel('Alamat penerima').fill('http://10.0.0.7/hook')
  await page.getByLabel('Untuk apa').fill('Pembukuan')
  await button(page, 'Tambahkan').click()
  await page.getByText('Alamat ini ditolak').waitFor()
  await page.getByLabel('Alamat penerima').fill('https://books.invalid/hook')
  await page.getByRole('checkbox', { name: /^Stok berubah/ }).check()
  await button(page, 'Tambahkan').click()
  expect(await page.getByLabel('Kunci rahasia').inputValue()).toMatch(/^whsec_/)
  await button(page, 'Sudah saya salin').click()
  await page.getByRole('link', { name: /^Pembukuan/ }).click()
  await heading(page, 'Pembukuan').waitFor()
  const { body: subscriptions } = await api.get('gateway', '/api/v1/webhooks/subscriptions', staff)
  const added = subscriptions.find(({ description }: any) => description === 'Pembukuan')
  expect(added.event_types.toSorted()).toEqual(['order.*', 'stock.changed'])
  await button(page, 'Tindakan untuk penerima ini').click()
  await page.getByRole('menuitem', { name: 'Matikan' }).click()
  await page.getByText('Penerima dimatikan.').waitFor()
  await button(page, 'Tindakan untuk penerima ini').click()
  await page.getByRole('menuitem', { name: 'Hapus penerima' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Hapus penerima' }).click()
  await page.waitForURL('**/admin/webhook')

  // The one of the environment is only looked at, and what it got can be sent again.
  await page.getByRole('link', { name: /N8N_WEBHOOK_URL/ }).click()
  await page.getByText('Penerima ini diatur lewat setelan server').waitFor()
  expect(await button(page, 'Tindakan untuk penerima ini').count()).toBe(0)
  await page.getByLabel('Keadaan').selectOption('Terkirim')
  await page.getByLabel('Kejadian').selectOption('Produk dibuat')
  const row = page.getByRole('button', { name: new RegExp(`Produk dibuat product:${product.id}`) })
  await row.click()
  await page.getByText('HTTP 200').waitFor()
  await page.getByText('webhook-signature').waitFor()
  const [{ message }] = receiver.arrived.filter(
    ({ message: { type, data } }) => type === 'product.created' && data.id === product.id,
  ) as [EventReceiver['arrived'][number]]
  await button(page, 'Kirim ulang').click()
  await page.getByText('Kiriman antre lagi.').waitFor()
  await waitFor(
    async () => receiver.arrived.filter(({ message: { id } }) => id === message.id).length,
    (times) => times === 2,
  )
  expect(faults).toEqual([])
})

test('the numbers are audited from the page, told in plain words', async () => {
  const { page, faults } = await asAdmin('/admin/kesehatan')
  await page.getByText('Semua bagian toko bekerja.').waitFor()
  expect(await page.getByText('Bekerja', { exact: true }).count()).toBe(7)
  await button(page, 'Periksa sekarang').click()
  await page.getByText('Pemeriksaan selesai.').waitFor()
  await page.getByText('Semuanya cocok').waitFor()
  const { body: report } = await api.get('gateway', '/api/v1/audit', staff)
  for (const { holds } of report.findings) expect(await page.getByText(holds, { exact: true }).count(), holds).toBe(0)
  expect(faults).toEqual([])
})

test('the log of changes says who did what, with the way there', async () => {
  const { page, faults } = await asAdmin('/admin/catatan')
  await page
    .getByText(/Admin mengubah waktu membayar/)
    .first()
    .waitFor()
  await page.getByLabel('Tentang').selectOption('Pesanan')
  const entry = page.getByRole('listitem').filter({ hasText: /Admin mengonfirmasi pesanan #\d+/ })
  await entry.first().waitFor()
  expect(
    await entry
      .getByRole('link', { name: /pesanan #/ })
      .first()
      .getAttribute('href'),
  ).toMatch(/pesanan\/\d+$/)
  await page.getByLabel('Tentang').selectOption('Akun')
  await page.getByText(/Admin memblokir akun #\d+/).waitFor()
  await page.getByLabel('Oleh siapa').selectOption('Tono')
  await page.getByText('Tidak ada yang cocok dengan saringan ini.').waitFor()
  expect(faults).toEqual([])
})

test.each([
  ['on a phone in the dark', phone, 'dark'],
  ['on a desktop', desktop, 'light'],
] as const)(
  'no page of the system has a barrier or a sideways scroll %s',
  async (_name, size, colorScheme) => {
    const { page, faults } = await asAdmin('/admin', { size, colorScheme })
    const { body: guests } = await api.get('gateway', '/api/v1/customers?limit=1', staff)
    const names = [
      '',
      '/pembeli',
      `/pembeli/${guests[0].id}`,
      '/kesehatan',
      '/webhook',
      '/webhook/1',
      '/staf',
      '/catatan',
    ]
    for (const name of [...names, '/pengaturan']) {
      await page.goto(`/admin${name}`)
      await page.waitForLoadState('networkidle')
      // What a few of them hold is what all of them hold.
      await page.evaluate("[...document.querySelectorAll('details')].slice(0, 3).forEach((each) => (each.open = true))")
      expect(await findBarriers(page), page.url()).toEqual([])
      expect(await overflowOf(page), `${page.url()} scrolls sideways`).toBeLessThanOrEqual(0)
    }
    expect(faults).toEqual([])
  },
  240_000,
)

test('the whole of it is there in English', async () => {
  const { page } = await asAdmin('/admin')
  await button(page, 'EN: English').click()
  await heading(page, 'What waits for you').waitFor()
  await page.goto('/admin/pengaturan')
  await heading(page, 'Time to pay').waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('en')
})
