import { afterAll } from 'vitest'
import { type Caller, callerOf, type ServiceUrls } from './call.ts'
import { cloneDatabase, type ServiceName } from './database-per-file.ts'
import { freeAddresses, runCommand, type ServiceProcess, startService } from './shop.ts'

type ProcessName = ServiceName | 'gateway'

const withDatabase = ['user', 'inventory', 'order', 'payment', 'catalog'] as const
const serviceToken = 'a secret that only the services know, for this test'
const tokenSecret = 'signs-the-tokens-of-this-test-and-no-others'

/** A shop whose services run in a process each, as on servers of their own, on databases of the calling test file. */
export type Processes = {
  urls: ServiceUrls
  api: Caller
  /** The addresses of the databases. */
  databases: Record<ServiceName, string>
  /** Starts a service at its place. `settings` come on top of those that all have. */
  start: (name: ProcessName, settings?: Record<string, string>) => Promise<ServiceProcess>
  /** Starts one more process of a service, at a free port or where `settings` say. */
  startAnother: (name: ProcessName, settings?: Record<string, string>) => Promise<ServiceProcess>
  /** Kills services as a crash does, and waits until they are gone. */
  kill: (...names: ProcessName[]) => Promise<void>
  killAndRestart: (...names: ProcessName[]) => Promise<void>
  /** Runs the auditor. Something that is on its way between services gets 20 seconds to arrive. */
  audit: () => Promise<{ code: number | null; output: string }>
}

/** Makes the databases and chooses the places of a shop; `start` starts its services. They all end with the tests of the file. */
export async function prepareProcesses(settings: Record<string, string> = {}): Promise<Processes> {
  const urls = await freeAddresses()
  const databases: Partial<Record<ServiceName, string>> = {}
  for (const name of withDatabase) databases[name] = await cloneDatabase(name)
  const urlOf = (name: ProcessName) => databases[name === 'gateway' ? 'order' : name]!
  const running = new Map<ProcessName, ServiceProcess>()
  const others: ServiceProcess[] = []
  afterAll(() => Promise.all([...running.values(), ...others].map((service) => service.stop())))

  const shared = {
    USER_URL: urls.user,
    INVENTORY_URL: urls.inventory,
    ORDER_URL: urls.order,
    PAYMENT_URL: urls.payment,
    CATALOG_URL: urls.catalog,
    SERVICE_TOKEN: serviceToken,
    JWT_SECRETS: tokenSecret,
    RATE_LIMIT_ADDRESS: '10000',
    LOG_LEVEL: 'warn',
    ...settings,
  }
  // Each as on a server of its own: its database in DATABASE_URL, its port in PORT, its neighbours by address.
  const environmentOf = (name: ProcessName, own: Record<string, string>) => ({
    ...shared,
    [name === 'gateway' ? 'ORDER_DATABASE_URL' : 'DATABASE_URL']: urlOf(name),
    ...own,
  })

  async function start(name: ProcessName, own: Record<string, string> = {}): Promise<ServiceProcess> {
    const service = await startService(name, environmentOf(name, { PORT: new URL(urls[name]).port, ...own }))
    running.set(name, service)
    return service
  }

  async function kill(...names: ProcessName[]): Promise<void> {
    await Promise.all(names.map((name) => running.get(name)!.kill()))
    for (const name of names) running.delete(name)
  }

  return {
    urls,
    api: callerOf(urls),
    databases: databases as Record<ServiceName, string>,
    start,
    async startAnother(name, own = {}) {
      const service = await startService(name, environmentOf(name, { PORT: '0', ...own }))
      others.push(service)
      return service
    },
    kill,
    async killAndRestart(...names) {
      await kill(...names)
      await Promise.all(names.map((name) => start(name)))
    },
    audit() {
      const { inventory, order, payment } = databases as Record<ServiceName, string>
      const addresses = { INVENTORY_DATABASE_URL: inventory, ORDER_DATABASE_URL: order, PAYMENT_DATABASE_URL: payment }
      const { REDIS_URL } = settings
      return runCommand(['audit', '--settle-seconds', '20'], {
        ...addresses,
        ...(REDIS_URL !== undefined && { REDIS_URL }),
      })
    },
  }
}
