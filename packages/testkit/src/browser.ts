import AxeBuilder from '@axe-core/playwright'
import Chromium from '@sparticuz/chromium'
import { type Browser, chromium, type Page } from 'playwright-core'

export type { Page } from 'playwright-core'

export const phone = { width: 390, height: 844 }
export const desktop = { width: 1280, height: 900 }

/** Starts a real browser without a window. Whoever starts it closes it. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await Chromium.executablePath(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-quic', '--no-first-run'],
  })
}

/** What axe finds wrong with a page as it is shown, one line each. `rules` are those to look at, all unless given. */
export async function findBarriers(page: Page, rules?: string[]): Promise<string[]> {
  await untilStill(page)
  // In the page itself, since none of ours has frames, and without a list of all that is right: three times as fast.
  const axe = new AxeBuilder({ page }).setLegacyMode(true)
  const { violations } = await axe.options({ resultTypes: ['violations'], ...only(rules) }).analyze()
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.join(' ')}`))
}

function only(rules: string[] | undefined) {
  return rules === undefined ? {} : { runOnly: { type: 'rule' as const, values: rules } }
}

/** Colors on their way from day to night are none that anybody reads. What turns for ever is not waited for. */
async function untilStill(page: Page): Promise<void> {
  // One that is taken away with its element ends by an error.
  await page.evaluate(`Promise.allSettled(
    document.getAnimations()
      .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
      .map((one) => one.finished.then(() => {})),
  ).then(() => {})`)
}
