import type { ServiceModule } from '@kakilima/kit/service'

/** The services of the shop, in the order of their ports. A new one is one more line here. */
const services: Record<string, () => Promise<ServiceModule>> = {
  user: async () => (await import('@kakilima/user/main')).user,
  inventory: async () => (await import('@kakilima/inventory/main')).inventory,
  order: async () => (await import('@kakilima/order/main')).order,
  payment: async () => (await import('@kakilima/payment/main')).payment,
  webhook: async () => (await import('@kakilima/webhook/main')).webhook,
  catalog: async () => (await import('@kakilima/catalog/main')).catalog,
  gateway: async () => (await import('@kakilima/gateway/main')).gateway,
}

const serviceNames = Object.keys(services)

/** Loads one service, and only that one. Throws a sentence for a name that no service has. */
export async function loadService(name: string | undefined): Promise<ServiceModule> {
  const load = name !== undefined && Object.hasOwn(services, name) ? services[name] : undefined
  if (load !== undefined) return load()
  const fault = name === undefined ? 'Name a service' : `There is no service named ${name}`
  throw new Error(`${fault}: the services are ${serviceNames.join(', ')}.`)
}

export async function loadServices(names = serviceNames): Promise<ServiceModule[]> {
  return Promise.all(names.map(loadService))
}
