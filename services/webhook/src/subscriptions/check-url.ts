import { problem } from '@kakilima/contracts/problems'
import { isPublicAddress, literalAddress } from '../sending/public-address.ts'

/**
 * Throws `invalid-input` for an address that staff must not send events to: what is no web address, has a password in it, or is plainly
 * private. A name is judged when it is looked up, each time that something is sent. Returns the address as it is used.
 */
export function checkUrl(given: string, needsTls: boolean): string {
  if (!URL.canParse(given)) throw unfit('is not an address like https://example.com/path')
  const url = new URL(given)
  if (url.protocol !== 'https:' && (needsTls || url.protocol !== 'http:'))
    throw unfit(needsTls ? 'must begin with https:// in production' : 'must begin with https:// or http://')
  if (url.username !== '' || url.password !== '') throw unfit('must not hold a user or a password')
  // What the URL says as 2130706433, 0x7f.1 or 0177.0.0.1 is 127.0.0.1 by now.
  const address = literalAddress(url.hostname)
  const isLocalName = /(^|\.)(localhost|local|internal)\.?$/.test(url.hostname)
  if (isLocalName || (address !== undefined && !isPublicAddress(address)))
    throw unfit(`names ${url.hostname}, which is private: nothing is sent there`)
  url.hash = ''
  return url.href
}

function unfit(what: string) {
  return problem('invalid-input', `body.url ${what}`, { errors: [{ pointer: '/url', detail: what }] })
}
