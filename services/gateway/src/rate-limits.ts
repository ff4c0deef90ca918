import rateLimit, { normalizeIP } from '@fastify/rate-limit'
import { problem } from '@kakilima/contracts/problems'
import type { Server } from '@kakilima/kit/server'
import type { FastifyRequest } from 'fastify'
import { callerOf } from './auth/authorize.ts'
import type { GatewayConfig } from './config.ts'
import type { Count, SharedCounts } from './shared-counts.ts'

type Guard = (request: FastifyRequest) => Promise<void>

export type RateLimits = {
  /** For whoever asks without being known, by address. */
  byAddress: Guard
  /** For tries to sign in to one account, from wherever. */
  byAccount: Guard
  /** For the orders of one customer. */
  byCustomer: Guard
  /** For guesses at the password of the account that one is signed in to. */
  byCaller: Guard
}

const rememberedCallers = 50_000

export const rateWindowMs = 60_000

/**
 * How often one may do what costs much or can be guessed at. Counted for all gateways together where there are `shared` counts, or else
 * in this process: then each of several gateways counts for itself.
 * An address is that of the connection, or the one that a proxy of our own names, never one that the caller does. Of IPv6 its network
 * counts, since whoever has one address there has 2^64.
 */
export async function rateLimits(
  app: Server,
  config: GatewayConfig,
  shared: Pick<SharedCounts, 'add'> | undefined,
): Promise<RateLimits> {
  await app.register(rateLimit, { global: false, cache: rememberedCallers })
  const limit = (max: number, nameOf: (request: FastifyRequest) => string): Guard => {
    // Counted by hand: the library's own hook counts only once for a request, and signing in is limited twice.
    const countHere = app.createRateLimit({ max, timeWindow: rateWindowMs, keyGenerator: nameOf })
    return async (request) => {
      const counted = await shared?.add(nameOf(request))
      const endsInMs = counted === undefined ? await tooOften(countHere, request) : endOf(counted, max)
      if (endsInMs === undefined) return
      const seconds = Math.max(1, Math.ceil(endsInMs / 1000))
      throw problem('too-many-requests', `Too often: try again in ${seconds} s`, {}, { 'retry-after': String(seconds) })
    }
  }
  return {
    byAddress: limit(config.RATE_LIMIT_ADDRESS, (request) => `address ${normalizeIP(request.ip)}`),
    byAccount: limit(config.RATE_LIMIT_ACCOUNT, (request) => {
      const { email } = request.body as { email: string }
      return `account ${email.trim().toLowerCase()}`
    }),
    byCaller: limit(config.RATE_LIMIT_ACCOUNT, (request) => `caller ${callerOf(request).userId}`),
    byCustomer: limit(config.RATE_LIMIT_ORDERS, (request) => `customer ${callerOf(request).userId}`),
  }
}

/** When the window ends of somebody who has used it up; undefined for others. */
function endOf({ count, endsInMs }: Count, max: number): number | undefined {
  return count > max ? endsInMs : undefined
}

async function tooOften(
  countHere: ReturnType<Server['createRateLimit']>,
  request: FastifyRequest,
): Promise<number | undefined> {
  const result = await countHere(request)
  return result.isAllowed || !result.isExceeded ? undefined : result.ttl
}
