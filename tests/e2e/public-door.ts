import { type Caller, callerOf, type ServiceUrls, waitFor } from '@kakilima/testkit/call'
import { cloneDatabase } from '@kakilima/testkit/database-per-file'
import { freeAddresses, type ServiceProcess, startService } from '@kakilima/testkit/shop'

export type Gateway = { urls: ServiceUrls; api: Caller; process: ServiceProcess }

export type PublicDoor = {
  userDatabase: string
  urls: ServiceUrls
  /** Starts a gateway: the first where the user service looks for it, the others on ports of their own. */
  startGateway: (env?: Record<string, string>) => Promise<Gateway>
  /** All that the user service has printed so far. */
  output: () => string
  stop: () => Promise<void>
}

/** What signing in takes and no more: the user service in a process of its own, and gateways as many as are wanted. */
export async function openPublicDoor(env: Record<string, string>): Promise<PublicDoor> {
  const userDatabase = await cloneDatabase('user')
  const orderDatabase = await cloneDatabase('order')
  const urls = await freeAddresses()
  const portOf = (url: string) => new URL(url).port
  const shared = { LOG_LEVEL: 'warn', ...env, USER_URL: urls.user, GATEWAY_URL: urls.gateway }
  const users = await startService('user', { ...shared, DATABASE_URL: userDatabase, PORT: portOf(urls.user) })
  const running = [users]
  let isTaken = false
  return {
    userDatabase,
    urls,
    output: users.output,
    startGateway: async (own = {}) => {
      const { gateway } = isTaken ? await freeAddresses() : urls
      isTaken = true
      const settings = { ...shared, ORDER_DATABASE_URL: orderDatabase, PORT: portOf(gateway), ...own }
      const process = await startService('gateway', settings)
      running.push(process)
      const api = callerOf({ ...urls, gateway })
      await waitFor(
        () => api.get('gateway', '/readyz'),
        ({ status }) => status === 200,
      )
      return { urls: { ...urls, gateway }, api, process }
    },
    stop: async () => {
      await Promise.all(running.map((process) => process.stop()))
    },
  }
}
