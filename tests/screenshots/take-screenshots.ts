// Makes the pictures of the README, of a real shop with its demo products: `npm run screenshots`.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { desktop, launchBrowser, type Page, phone } from '@kakilima/testkit/browser'
import { startShop } from '@kakilima/testkit/shop'

const folder = join(import.meta.dirname, '../../docs/images')
await mkdir(folder, { recursive: true })

const shop = await startShop({ demo: true, env: { PAYMENT_WINDOW_SECONDS: '60' } })
const browser = await launchBrowser()
try {
  await storefrontOn('desktop', desktop, 1)
  await storefrontOn('phone', phone, 2)
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

async function take(page: Page, name: string): Promise<void> {
  await page.waitForLoadState('networkidle')
  await page.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' })
  console.log(`docs/images/${name}.png`)
}
