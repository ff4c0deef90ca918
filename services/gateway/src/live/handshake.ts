import type { IncomingHttpHeaders } from 'node:http'
import { problem } from '@kakilima/contracts/problems'

const token = "[\\w!#$%&'*+.^`|~-]+"
const protocolList = new RegExp(`^${token}([ \\t]*,[ \\t]*${token})*$`)

/** Throws what keeps a request from becoming a WebSocket. The library would answer it too, by a line of HTML that no page may read. */
export function requireHandshake(headers: IncomingHttpHeaders): void {
  const { upgrade, 'sec-websocket-key': key = '', 'sec-websocket-version': version } = headers
  const { 'sec-websocket-protocol': protocols } = headers
  if (upgrade?.toLowerCase() !== 'websocket' || (version !== '13' && version !== '8'))
    throw problem('upgrade-required', undefined, {}, { upgrade: 'websocket', 'sec-websocket-version': '13, 8' })
  if (!/^[+/0-9A-Za-z]{22}==$/.test(key)) throw problem('bad-request', 'Sec-WebSocket-Key is missing or is no key')
  if (protocols === undefined) return
  const names = protocols.split(',').map((name) => name.trim())
  if (!protocolList.test(protocols) || new Set(names).size < names.length)
    throw problem('bad-request', 'Sec-WebSocket-Protocol is no list of names')
}
