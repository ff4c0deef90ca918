// Makes the pictures of the README, of a real shop with its demo products: `npm run screenshots`.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { desktop, launchBrowser, type Page, phone } from '@kakilima/testkit/browser'
import { callerOf } from '@kakilima/testkit/call'
import { startShop } from '@kakilima/testkit/shop'
import { sellForAMonth } from './sell-for-a-month.ts'

const folder = join(import.meta.dirname, '../../docs/images')
await mkdir(folder, { recursive: true })

const admin = { email: 'rina@example.com', password: 'kata sandi rina' }
const shop = await startShop({
  demo: true,
  env: { PAYMENT_WINDOW_SECONDS: '60', ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password },
})
const browser = await launchBrowser()
try {
  await storefrontOn('desktop', desktop, 1)
  await storefrontOn('phone', phone, 2)
  const api = callerOf(shop.urls)
  const { body } = await api.post('gateway', '/api/v1/auth/login', admin)
  await sellForAMonth(api, { authorization: `Bearer ${body.token}` }, shop.dataFolder)
  await deskOn('desktop', desktop, 1)
  await deskOn('phone', phone, 2)
} finally {
  await browser.close()
  await shop.stop()
}

async function storefrontOn(device: string, viewport: typeof phone, deviceScaleFactor: number): Promise<void> {
  const context = await browser.newContext({
    baseURL: shop.urls.gateway,
    viewport,
    deviceScaleFactor,
    colorScheme: 'light',
  })
  const page = await context.newPage()
  const button = (name: string | RegExp) => page.getByRole('button', { name })

  await page.goto('/')
  await take(page, `home-${device}`)
  await page.goto('/produk?kategori=minuman-kopi')
  await take(page, `products-${device}`)
  await page.goto('/produk/sepatu-sport')
  await button('Tambah satu').click()
  await take(page, `product-${device}`)
  await button('Masukkan keranjang').click()
  await page.goto('/pesan')
  await page.getByLabel('Nama', { exact: true }).fill('Sari Wulandari')
  await page.getByLabel('Nomor telepon').fill('0812-3456-7890')
  await take(page, `checkout-${device}`)
  await button('Buat pesanan').click()
  await button(/QRIS/).click()
  await page.getByRole('img', { name: /Kode QR/ }).waitFor()
  await take(page, `pay-${device}`)
  await button('Bayar sekarang').click()
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
  await take(page, `paid-${device}`)
  await context.close()
}

async function deskOn(device: string, viewport: typeof phone, deviceScaleFactor: number): Promise<void> {
  const context = await browser.newContext({
    baseURL: shop.urls.gateway,
    viewport,
    deviceScaleFactor,
    colorScheme: 'light',
  })
  const page = await context.newPage()
  await page.goto('/admin')
  await page.getByLabel('Alamat e-mail').fill(admin.email)
  await page.getByLabel('Kata sandi', { exact: true }).fill(admin.password)
  await page.getByRole('button', { name: 'Masuk', exact: true }).click()
  await page.getByRole('heading', { name: 'Yang menunggu Anda' }).waitFor()
  await take(page, `desk-home-${device}`)
  await page.goto('/admin/pesanan')
  await page.getByRole('row').nth(2).waitFor()
  await take(page, `desk-orders-${device}`)
  await page.goto('/admin/produk')
  await page.getByRole('row').nth(2).waitFor()
  await take(page, `desk-products-${device}`)
  await context.close()
}

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
  console.log(`docs/images/${name}.png`)
}
