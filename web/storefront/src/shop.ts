import type { Language } from '@kakilima/contracts/language'

// What the shop says of itself stands in the head of the page that came from the server, so that nothing has to be waited for.
const tag = (selector: string) => document.querySelector(`meta[${selector}]`)?.getAttribute('content') ?? ''

/** What its pages are written in. */
const written: readonly Language[] = ['id', 'en']
const named = tag('name="kakilima:languages"').split(',')
const offered = named.flatMap((name) => written.find((language) => language === name) ?? [])
/** The languages that can be chosen, the default first. */
export const languages: readonly Language[] = offered.length > 0 ? offered : written

/** The name of the shop. */
export const shopName = tag('property="og:site_name"') || 'Kakilima'

const [width, height] = tag('name="kakilima:logo:size"').split('x').map(Number)
const logoUrl = tag('name="kakilima:logo"')
/** The picture beside its name, where it has one of its own. */
export const shopLogo =
  logoUrl === '' ? undefined : { src: logoUrl, srcset: tag('name="kakilima:logo:srcset"') || undefined, width, height }
