import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf } from '@kakilima/testkit/call'
import { freeAddresses, type Shop, startShop, temporaryFolder } from '@kakilima/testkit/shop'
import { rm } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { signIn } from './people.ts'
import { newProduct, orderAsGuest, payBy } from './shopping.ts'

const env = { PAYMENT_WINDOW_SECONDS: '4', ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin' }
const dataFolder = await temporaryFolder()
const urls = await freeAddresses()
const { visit } = await startBrowser(() => urls.gateway)
const api = callerOf(urls)
let shop: Shop

const start = (window: string) => startShop({ dataFolder, urls, env: { ...env, PAYMENT_WINDOW_SECONDS: window } })

beforeAll(async () => {
  shop = await start('4')
})
afterAll(async () => {
  await shop.stop()
  await rm(dataFolder, { recursive: true, force: true })
})

async function orderSomething(name: string) {
  const product = await newProduct(api, name, 5)
  const visitor = await visit('/')
  await orderAsGuest(visitor.page, product.slug)
  await visitor.page.getByText('Metode pembayaran').waitFor()
  return { ...visitor, product }
}

test('who lets the deadline pass is told what happens next, and can order again', async () => {
  const { page, product, faults } = await orderSomething('Bakpia Pathok')
  await page.getByRole('heading', { name: 'Waktu membayar sudah habis' }).waitFor()
  await page.getByText('Sudah telanjur membayar?').waitFor()
  expect((await api.get('inventory', `/products/${product.id}`)).body).toMatchObject({ stock: 5, available: 5 })
  await page.getByRole('button', { name: 'Masukkan lagi ke keranjang' }).click()
  await page.getByRole('heading', { name: 'Keranjang' }).waitFor()
  await page.getByText('Bakpia Pathok').waitFor()
  expect(faults).toEqual([])
})

test('a shop that restarts while somebody waits loses nothing, and the page recovers by itself', async () => {
  await shop.stop()
  shop = await start('600')
  const { page } = await orderSomething('Dodol Garut')
  await payBy(page, 'Tunai')
  const [order] = await (await page.request.get('/api/v1/orders')).json()

  await shop.stop()
  await page.getByText('Toko tidak terjangkau').waitFor()
  shop = await start('600')
  await page.getByText('Toko tidak terjangkau').waitFor({ state: 'detached' })
  const staff = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
  expect((await api.put('gateway', `/api/v1/orders/${order.id}/confirm`, undefined, staff)).status).toBe(200)
  await page.getByRole('heading', { name: 'Pesanan dikonfirmasi' }).waitFor()
})
