import { desktop, findBarriers, phone } from '@kakilima/testkit/browser'
import { startBrowser } from '@kakilima/testkit/browser-per-file'
import { callerOf } from '@kakilima/testkit/call'
import { type Shop, startShop } from '@kakilima/testkit/shop'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { adminOfJourneys } from './desk.ts'
import { bearer } from './people.ts'
import { button } from './shopping.ts'

let shop: Shop
const admin = { email: adminOfJourneys.ADMIN_EMAIL, password: adminOfJourneys.ADMIN_PASSWORD }
const { visit } = await startBrowser(() => shop.urls.gateway)

beforeAll(async () => {
  shop = await startShop({ env: adminOfJourneys })
})
afterAll(() => shop.stop())

test('the desk is no page for search engines, and its files are kept for a year', async () => {
  const page = await fetch(`${shop.urls.gateway}/admin/pesanan/7`, { headers: { accept: 'text/html' } })
  expect(page.status).toBe(200)
  expect(page.headers.get('x-robots-tag')).toBe('noindex')
  expect(page.headers.get('content-security-policy')).toContain("style-src 'self'")
  const [, script] = /src="(\/admin\/assets\/[^"]+\.js)"/.exec(await page.text())!
  const { status, headers } = await fetch(shop.urls.gateway + script, { headers: { 'accept-encoding': 'br' } })
  expect([status, headers.get('content-encoding')]).toEqual([200, 'br'])
  expect(headers.get('cache-control')).toContain('immutable')
  const gone = await fetch(`${shop.urls.gateway}/admin/assets/index-of-another-build.js`)
  expect([gone.status, gone.headers.get('content-type')]).toEqual([404, 'application/problem+json; charset=utf-8'])
  expect(await (await fetch(`${shop.urls.gateway}/robots.txt`)).text()).toContain('Disallow: /admin')
})

test('whoever is not signed in comes to the sign-in, and from there to the page that was asked for', async () => {
  const { page, faults } = await visit('/admin/akun', { size: desktop })
  await page.getByRole('heading', { name: 'Masuk ke meja kerja' }).waitFor()
  await button(page, 'Masuk').click()
  await page.getByText('Isi alamat e-mail').waitFor()
  await page.getByLabel('Alamat e-mail').fill(admin.email)
  await page.getByLabel('Kata sandi', { exact: true }).fill('salah sekali')
  await button(page, 'Masuk').click()
  await page.getByText('Alamat e-mail atau kata sandi salah.').waitFor()
  await page.getByLabel('Kata sandi', { exact: true }).fill(admin.password)
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Ganti kata sandi' }).waitFor()
  // One session for the shop and the desk: who signs out here is signed out there.
  await button(page, 'Akun saya').click()
  await page.getByRole('menuitem', { name: 'Keluar' }).click()
  await page.getByRole('heading', { name: 'Masuk ke meja kerja' }).waitFor()
  expect((await page.request.get('/api/v1/me')).status()).toBe(401)
  expect(faults).toEqual([])
})

test('a customer of the shop is told that the desk is for staff, and sees nothing of it', async () => {
  const { page } = await visit('/')
  await page.request.post('/api/v1/auth/guest', {
    data: { name: 'Sari', phone: '081234567890' },
    headers: { origin: shop.urls.gateway },
  })
  await page.goto('/admin/pesanan')
  await page.getByText('Anda masuk sebagai Sari, yang bukan staf toko ini.').waitFor()
  expect(await page.getByRole('navigation').count()).toBe(0)
})

test('a session that ends at work leads to the sign-in and back', async () => {
  const { page } = await visit('/admin/masuk')
  await page.getByLabel('Alamat e-mail').fill(admin.email)
  await page.getByLabel('Kata sandi', { exact: true }).fill(admin.password)
  await button(page, 'Masuk').click()
  await page.waitForURL('**/admin/')
  await page.goto('/admin/akun')
  const { name, value } = (await page.context().cookies())[0]!
  expect(name).toBe('kakilima_session')
  await callerOf(shop.urls).post('gateway', '/api/v1/auth/logout', undefined, bearer(value))
  await page.getByLabel('Kata sandi sekarang').fill(admin.password)
  await page.getByLabel('Kata sandi baru').fill('kata sandi baru')
  await button(page, 'Ganti kata sandi').click()
  await page.getByRole('heading', { name: 'Masuk ke meja kerja' }).waitFor()
  expect(page.url()).toContain('lalu=/akun')
})

test('shortcuts open pages and show what else there is, in both languages', async () => {
  const { page, faults } = await visit('/admin/masuk', { size: desktop })
  await page.getByLabel('Alamat e-mail').fill(admin.email)
  await page.getByLabel('Kata sandi', { exact: true }).fill(admin.password)
  await button(page, 'Masuk').click()
  await page.getByRole('navigation', { name: 'Menu meja kerja' }).filter({ visible: true }).waitFor()
  await page.keyboard.press('g')
  await page.keyboard.press('p')
  await page.waitForURL('**/admin/produk')
  await button(page, 'EN: English').click()
  await page.keyboard.press('Shift+?')
  await page.getByRole('dialog', { name: 'Keyboard shortcuts' }).waitFor()
  await page.getByText('Open Orders').waitFor()
  expect(await findBarriers(page)).toEqual([])
  await page.keyboard.press('Escape')
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  expect(faults).toEqual([])
})

test.each(['light', 'dark'] as const)('the sign-in has no barriers, %s', async (colorScheme) => {
  for (const size of [phone, desktop]) {
    const { page } = await visit('/admin/masuk', { size, colorScheme })
    await page.getByRole('heading', { name: 'Masuk ke meja kerja' }).waitFor()
    expect(await findBarriers(page)).toEqual([])
  }
})
