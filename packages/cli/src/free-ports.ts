import { createServer, type Server } from 'node:net'
import { ConfigError } from '@kakilima/kit/config'
import type { ConfiguredService } from './config.ts'

/** Throws a sentence for each service whose port is not free, so that nobody waits for the database first. */
export async function requireFreePorts(services: ConfiguredService[]): Promise<void> {
  const faults: string[] = []
  const probes: Server[] = []
  for (const { service, config } of services) {
    const rival = services.find((other) => other.service !== service && other.config.PORT === config.PORT)
    if (rival !== undefined) {
      const variables = [service.urlVariable, rival.service.urlVariable].toSorted()
      faults.push(`${variables.join(' and ')} name the same port ${config.PORT}: give each its own.`)
      continue
    }
    const probe = createServer()
    probes.push(probe)
    const fault = await listenFault(probe, config.HOST, config.PORT, service.urlVariable)
    if (fault !== undefined) faults.push(fault)
  }
  await Promise.all(probes.map((probe) => new Promise((resolve) => probe.close(resolve))))
  if (faults.length > 0) throw new ConfigError([...new Set(faults)])
}

function listenFault(probe: Server, host: string, port: number, variable: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    probe.once('error', ({ code }: NodeJS.ErrnoException) => {
      if (code === 'EADDRINUSE')
        resolve(`Port ${port} on ${host} is taken: stop the program that uses it, or set ${variable} to another port.`)
      else if (code === 'EACCES')
        resolve(`Port ${port} may not be used by this account: set ${variable} to one above 1023.`)
      else resolve(`HOST is ${host}, where no program can listen (${code}): set it to an address of this machine.`)
    })
    probe.listen({ host, port, exclusive: true }, () => resolve(undefined))
  })
}
