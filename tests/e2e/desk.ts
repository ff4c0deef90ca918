import { desktop, type Page, phone } from '@kakilima/testkit/browser'
import type { startBrowser, Visitor } from '@kakilima/testkit/browser-per-file'

type Visit = Awaited<ReturnType<typeof startBrowser>>['visit']
type Look = { size?: typeof phone; colorScheme?: 'light' | 'dark' }

/** The admin of a shop in which journeys sign in again and again: more often than anybody may who guesses at a password. */
export const adminOfJourneys = {
  ADMIN_EMAIL: 'admin@example.com',
  ADMIN_PASSWORD: 'kata sandi admin',
  RATE_LIMIT_ACCOUNT: '1000',
}

/** Signs in at the desk the way staff do, and comes to the page that was asked for: `/admin/pesanan`. */
export async function deskAs(
  visit: Visit,
  email: string,
  password: string,
  path: string,
  { size = desktop, ...look }: Look = {},
): Promise<Visitor> {
  const visitor = await visit(path, { size, ...look })
  const { page } = visitor
  await page.getByLabel('Alamat e-mail').fill(email)
  await page.getByLabel('Kata sandi', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Masuk', exact: true }).click()
  await page.waitForURL((url) => !url.pathname.endsWith('/masuk'))
  return visitor
}

/** How many pixels come over the sides of the page: 0 where nothing scrolls sideways. */
export async function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
}
