import type { Page } from '@kakilima/testkit/browser'
import { type Caller, waitFor } from '@kakilima/testkit/call'

/** Makes a product and waits until the shop shows it. */
export async function newProduct(
  api: Caller,
  name: string,
  stock: number,
  price = 18_000,
): Promise<{ id: number; slug: string }> {
  const { body } = await api.post('inventory', '/products', { name, price, stock, category: 'Minuman & Kopi' })
  await waitFor(
    () => api.get('gateway', `/items/products/${body.id}`),
    ({ status }) => status === 200,
  )
  return body
}

/** The orders of whoever is signed in in a page. */
export async function ordersOf(page: Page): Promise<any[]> {
  return (await page.request.get('/api/v1/orders')).json()
}

export const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })

export async function putInCart(page: Page, slug: string): Promise<void> {
  await page.goto(`/produk/${slug}`)
  await button(page, 'Masukkan keranjang').click()
  await page.getByRole('link', { name: 'Keranjang 1 barang' }).filter({ visible: true }).waitFor()
}

export async function fillGuest(page: Page): Promise<void> {
  await page.getByLabel('Nama', { exact: true }).fill('Budi Santoso')
  await page.getByLabel('Nomor telepon').fill('081234567890')
}

export async function orderAsGuest(page: Page, slug: string): Promise<void> {
  await page.goto(`/produk/${slug}`)
  await button(page, 'Beli sekarang').click()
  await fillGuest(page)
  await button(page, 'Buat pesanan').click()
}

/** Chooses how to pay, and pays. */
export async function payBy(page: Page, method: string): Promise<void> {
  await button(page, new RegExp(method)).click()
  await button(page, 'Bayar sekarang').click()
  await page.getByRole('heading', { name: 'Terima kasih, sudah dibayar!' }).waitFor()
}
