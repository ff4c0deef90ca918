import type { BrowserContext, Page } from 'playwright-core'
import { afterAll } from 'vitest'
import { launchBrowser, phone } from './browser.ts'
import { longestWaitMs } from './patience.ts'

export type Visitor = { page: Page; context: BrowserContext; faults: string[] }

/**
 * Starts a real browser without a window for the calling test file. `visit` opens a page as somebody who was never there: with a cart, a
 * session and a language of his or her own. Whatever goes wrong in a page is in `faults`.
 */
export async function startBrowser(baseUrl: () => string) {
  const browser = await launchBrowser()
  afterAll(() => browser.close())

  async function visit(
    path: string,
    { size = phone, colorScheme = 'light' }: { size?: typeof phone; colorScheme?: 'light' | 'dark' } = {},
  ): Promise<Visitor> {
    const context = await browser.newContext({ baseURL: baseUrl(), viewport: size, colorScheme, locale: 'id-ID' })
    context.setDefaultTimeout(longestWaitMs)
    const page = await context.newPage()
    const faults: string[] = []
    page.on('pageerror', (error) => faults.push(String(error)))
    page.on('console', (message) => {
      // The browser itself complains of every answer that is no success, and of every connection that breaks.
      if (message.type() === 'error' && !/Failed to load resource|WebSocket connection/.test(message.text()))
        faults.push(message.text())
    })
    await page.goto(path)
    return { page, context, faults }
  }

  return { visit }
}
