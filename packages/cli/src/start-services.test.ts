import type { ServerSettings } from '@kakilima/kit/config'
import { createLogger } from '@kakilima/kit/logger'
import type { ServiceModule } from '@kakilima/kit/service'
import { expect, test } from 'vitest'
import { startServices } from './start-services.ts'

/** Services that start and close at once and note the latter; one whose port is 0 fails to start. */
function fakeServices(ports: number[]) {
  const closed: number[] = []
  const service = {
    start: async ({ PORT }: ServerSettings) => {
      if (PORT === 0) throw new Error('Port 0 is taken')
      return { port: PORT, close: async () => void closed.push(PORT) }
    },
  } as unknown as ServiceModule
  const logger = createLogger('test', 'silent')
  return { closed, ready: ports.map((PORT) => ({ service, config: { PORT } as ServerSettings, logger })) }
}

test('services are closed in the opposite order, since the last ones call the first', async () => {
  const { closed, ready } = fakeServices([1, 2, 3])
  const { ports, close } = await startServices(ready)
  expect(ports).toEqual([1, 2, 3])
  await close()
  expect(closed).toEqual([3, 2, 1])
})

test('where one service fails to start, the others are closed and its error is told', async () => {
  const { closed, ready } = fakeServices([1, 0, 3])
  await expect(startServices(ready)).rejects.toThrow('Port 0 is taken')
  expect(closed).toEqual([3, 1])
})
