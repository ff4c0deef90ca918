import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf, waitFor } from '@kakilima/testkit/call'
import { pngOf } from '@kakilima/testkit/png'
import { runCommand, type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Signed, signIn } from './people.ts'
import { button } from './shopping.ts'

let shop: Shop
let api: ReturnType<typeof callerOf>
let admin: Signed
const env = { SHOP_NAME: 'Toko Baru', ADMIN_EMAIL: 'admin@example.com', ADMIN_PASSWORD: 'kata sandi admin' }
const { visit } = await startBrowser(() => shop.urls.gateway)

beforeAll(async () => {
  shop = await startShop({ env })
  api = callerOf(shop.urls)
  admin = await signIn(api, env.ADMIN_EMAIL, env.ADMIN_PASSWORD)
})

afterAll(async () => {
  const audit = await runCommand(['audit'], { KAKILIMA_DATA: shop.dataFolder })
  await shop.stop()
  expect(audit.code, audit.output).toBe(0)
})

const change = (body: object) => api.put('gateway', '/api/v1/shop', body, admin)
const htmlOf = async (path: string) =>
  (await fetch(shop.urls.gateway + path, { headers: { accept: 'text/html' } })).text()

test('until somebody names the shop it is called as SHOP_NAME says', async () => {
  const { body } = await waitFor(
    () => api.get('gateway', '/api/v1/shop'),
    ({ status }) => status === 200,
  )
  expect(body).toMatchObject({ name: 'Toko Baru', logo: null, languages: ['id', 'en'], time_zone: 'Asia/Jakarta' })
  const { page } = await visit('/')
  await page.getByRole('banner').getByText('Toko Baru').waitFor()
  await button(page, 'EN: English').waitFor()
})

test('name, logo and languages are on the storefront with the next page that is asked for', async () => {
  expect((await change({ name: 'Warung <Bu> "Sari"', languages: ['en'] })).status).toBe(200)
  const { body } = await api.put('gateway', '/api/v1/shop/logo', pngOf(320, 80), admin)
  expect(body).toMatchObject({ name: 'Warung <Bu> "Sari"', logo: { width: 320, height: 80 } })
  expect((await api.get('gateway', '/api/v1/shop')).body).toEqual(body)

  const html = await htmlOf('/produk')
  expect(html).toContain('<title>All products · Warung &lt;Bu&gt; &quot;Sari&quot;</title>')
  const { page, faults } = await visit('/')
  const header = page.getByRole('banner')
  await header.getByText('Warung <Bu> "Sari"').waitFor()
  await page.getByRole('heading', { name: 'Pick it, order it, pay. Done.' }).waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('en')
  // With one language there is nothing to choose.
  expect(await page.getByRole('group', { name: 'Language' }).count()).toBe(0)
  const shown = await waitFor(
    () =>
      header
        .locator('img')
        .evaluate((image: { naturalWidth: number; src: string }) => [image.naturalWidth > 0, image.src]),
    ([isLoaded]) => isLoaded === true,
  )
  expect(shown[1]).toBe(body.logo.url)
  expect(faults).toEqual([])
})

test('a visitor keeps the language that was chosen, until the shop offers it no more', async () => {
  await change({ languages: ['en', 'id'] })
  const { page } = await visit('/')
  await page.getByRole('heading', { name: 'Pick it, order it, pay. Done.' }).waitFor()
  await button(page, 'ID: Bahasa Indonesia').click()
  await page.getByRole('heading', { name: 'Pilih, pesan, bayar. Selesai.' }).waitFor()
  await page.reload()
  await page.getByRole('heading', { name: 'Pilih, pesan, bayar. Selesai.' }).waitFor()
  await change({ languages: ['en'] })
  await page.reload()
  await page.getByRole('heading', { name: 'Pick it, order it, pay. Done.' }).waitFor()
  expect(await page.evaluate('document.documentElement.lang')).toBe('en')
})

test('a change that was made elsewhere is seen in time', async () => {
  await api.put('inventory', '/shop', { name: 'Warung Malam', languages: ['id'] })
  const html = await waitFor(
    () => htmlOf('/'),
    (text) => text.includes('<title>Warung Malam</title>'),
  )
  expect(html).toContain('<meta name="kakilima:languages" content="id" />')
})
