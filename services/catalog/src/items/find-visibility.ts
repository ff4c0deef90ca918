import { askGateway } from '@kakilima/kit/ask-gateway'
import { comparesTo } from '@kakilima/kit/secrets'
import { LRUCache } from 'lru-cache'
import type { CatalogConfig } from '../config.ts'
import { invalidCredentials } from './directus-error.ts'
import type { Visibility } from './item.ts'

/** Tells what somebody may see by the header `Authorization`. Throws `INVALID_CREDENTIALS` for a token that does not count. */
export type FindVisibility = (authorization: string | undefined) => Promise<Visibility>

// Far less than the minute in which the end of a session must be heard of everywhere.
const rememberedMs = 5000
const rememberedTokens = 10_000

/**
 * Staff show the token of their session, services the one that they share. The gateway is asked whom a session's token names, and not
 * again for some seconds: pages of the shop send theirs with every read.
 */
export function createFindVisibility({ SERVICE_TOKEN, GATEWAY_URL }: CatalogConfig): FindVisibility {
  const isServiceToken = SERVICE_TOKEN === undefined ? () => false : comparesTo(SERVICE_TOKEN)
  const remembered = new LRUCache<string, Visibility>({ max: rememberedTokens, ttl: rememberedMs })

  return async (authorization = '') => {
    // Whatever else stands there is none of ours, and what is public is shown to everybody.
    const token = /^bearer +(\S+) *$/i.exec(authorization)?.[1]
    if (token === undefined) return 'public'
    if (isServiceToken(token)) return 'staff'
    const known = remembered.get(token)
    if (known !== undefined) return known
    const account = await askGateway(GATEWAY_URL, `Bearer ${token}`)
    if (account === undefined) throw invalidCredentials()
    const visibility = account.role === 'customer' ? 'public' : 'staff'
    remembered.set(token, visibility)
    return visibility
  }
}
