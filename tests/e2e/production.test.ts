import { desktop } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { deskAs } from './desk.ts'
import { type Signed, signIn } from './people.ts'
import { button, fillGuest } from './shopping.ts'

// A shop as its owner runs it: production, no payment provider, staff who look into the bank account.
const env = {
  NODE_ENV: 'production',
  PAYMENT_PROVIDER: 'manual',
  SERVICE_TOKEN: 'q8Vt2mZr6LxK4nWc9PbY7sHd3GfJ5aEu',
  JWT_SECRETS: 'u7Rk3pXw9TzM2vBn6QcL8yFh4DgS5jAe',
  ADMIN_EMAIL: 'admin@example.com',
  ADMIN_PASSWORD: 'kata sandi admin toko',
  PAYMENT_WINDOW_SECONDS: '0',
}
let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
const { visit } = await startBrowser(() => shop.urls.gateway)
let product: { id: number; slug: string }

beforeAll(async () => {
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  const { body } = await api.post(
    'gateway',
    '/api/v1/products',
    { name: 'Kopi Toraja', price: 85_000, stock: 20 },
    admin,
  )
  product = body
  await waitFor(
    () => api.get('gateway', `/items/products/${body.id}`),
    ({ status }) => status === 200,
  )
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

test('F18 without a bank account customers pay cash, and are offered nothing that the shop does not take', async () => {
  const { page, faults } = await visit(`/produk/${product.slug}`)
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  await button(page, 'Buat pesanan').click()
  await button(page, /Tunai/).waitFor()
  for (const method of [/QRIS/, /Virtual account/, /Dompet digital/, /Transfer bank/])
    expect(await button(page, method).count()).toBe(0)
  await button(page, /Tunai/).click()
  await page.getByText('Toko menandai pesanan Anda begitu uangnya diterima.').waitFor()
  expect(faults).toEqual([])
})

test('F18 F23 a customer transfers to an account that the desk names, and staff say when the money is there', async () => {
  const desk = await deskAs(visit, env.ADMIN_EMAIL, env.ADMIN_PASSWORD, '/admin/pengaturan', { size: desktop })
  await button(desk.page, 'Tambah rekening').click()
  await button(desk.page, 'Simpan rekening').click()
  await desk.page.getByText('Isi nama bank, misalnya BCA.').waitFor()
  await desk.page.getByLabel('Bank', { exact: true }).fill('BCA')
  await desk.page.getByLabel('Nomor rekening').fill('123-456-7890')
  await desk.page.getByLabel('Atas nama').fill('Sari Wulandari')
  await button(desk.page, 'Simpan rekening').click()
  await desk.page.getByText('Tersimpan').waitFor()

  const { page, faults } = await visit(`/produk/${product.slug}`)
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  await button(page, 'Buat pesanan').click()
  await button(page, /Transfer bank/).click()
  await page.getByText('123-456-7890').waitFor()
  await page.getByText('a.n. Sari Wulandari').waitFor()
  const id = Number(/\/pesanan\/(\d+)/.exec(page.url())![1])
  await page.getByText(`ORDER-${id}`).waitFor()

  // F23: what has not happened is told as what is waited for.
  const step = page.locator('[aria-current=step]')
  expect(await step.textContent()).toBe('Menunggu pembayaran')

  // The customer's own word is worth nothing here.
  const [payment] = (await api.get('gateway', `/api/v1/payments?order_id=${id}`, admin)).body
  const claimed = await page.request.post(`/api/v1/payments/${payment.id}/confirm`, {
    headers: { origin: shop.urls.gateway },
  })
  expect(claimed.status()).toBe(409)

  await desk.page.goto(`/admin/pesanan/${id}`)
  await button(desk.page, 'Catat uang diterima').click()
  const dialog = desk.page.getByRole('dialog')
  expect(await dialog.getByRole('option').allTextContents()).toEqual(['Transfer bank', 'Tunai'])
  await dialog.getByRole('button', { name: 'Catat uang diterima' }).click()
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
  expect(await step.textContent()).toBe('Menunggu konfirmasi toko')
  expect([...faults, ...desk.faults]).toEqual([])
})
