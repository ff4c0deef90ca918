import ipaddr from 'ipaddr.js'

// Of IPv6, what is given to sites of the internet. All else is somebody's own, or holds an IPv4 address inside.
const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an IP address belongs to some site of the internet: not to this machine, its network, the cloud that it runs in, or a form that
 * hides one of those. What is no IP address is not public.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.parse(address)
  if (parsed.range() !== 'unicast') return false
  return parsed.kind() === 'ipv4' || parsed.match(globalUnicast)
}

/** The IP address that a host of a URL is, without the brackets of IPv6, or undefined where it is a name. */
export function literalAddress(hostname: string): string | undefined {
  const address = hostname.replace(/^\[(.*)\]$/, '$1')
  return ipaddr.isValid(address) ? address : undefined
}
