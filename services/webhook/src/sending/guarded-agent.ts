import { lookup as systemLookup, type LookupAddress } from 'node:dns'
import { Agent, buildConnector } from 'undici'
import { isPublicAddress, literalAddress } from './public-address.ts'

/** How names become addresses; another one in tests. */
export type Resolve = (hostname: string, answer: (error: Error | null, addresses: LookupAddress[]) => void) => void

const resolveBySystem: Resolve = (hostname, answer) =>
  systemLookup(hostname, { all: true, verbatim: true }, (error, addresses) => answer(error, addresses ?? []))

/** A connection to a private address was wanted. */
export class PrivateAddressError extends Error {
  constructor(hostname: string, address: string) {
    super(
      hostname === address
        ? `${hostname} is a private address, to which nothing is sent`
        : `${hostname} is at the private address ${address}, to which nothing is sent`,
    )
    this.name = 'PrivateAddressError'
  }
}

export type AgentOptions = {
  /** Whether it may connect to private addresses, as to those that the environment names. */
  mayBePrivate: boolean
  timeoutMs: number
  connections: number
  resolve?: Resolve
}

/**
 * Makes connections to receivers. Addresses are judged when a connection is made and not before: those that are judged are the very ones
 * that are connected to, so a name that points elsewhere a moment later gains nothing.
 */
export function createReceiverAgent({
  mayBePrivate,
  timeoutMs,
  connections,
  resolve = resolveBySystem,
}: AgentOptions): Agent {
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    // All addresses that it answers are tried, and no other.
    lookup: (hostname, _options, answer) =>
      resolve(hostname, (error, addresses) => {
        const hidden = mayBePrivate ? undefined : addresses.find(({ address }) => !isPublicAddress(address))
        if (hidden !== undefined) answer(new PrivateAddressError(hostname, hidden.address), [])
        else answer(error, addresses)
      }),
    autoSelectFamily: true,
  })
  return new Agent({
    connections,
    pipelining: 1,
    keepAliveTimeout: 4000,
    // One limit for the whole try is set where it is made. These would begin anew with each byte.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      // An address needs no look-up.
      const address = literalAddress(options.hostname)
      if (!mayBePrivate && address !== undefined && !isPublicAddress(address))
        callback(new PrivateAddressError(address, address), null)
      else connect(options, callback)
    },
  })
}
