import type { Caller } from '@kakilima/testkit/call'
import { waitFor } from '@kakilima/testkit/call'
import { canRunRedis, startRedis } from '@kakilima/testkit/redis-per-file'
import { afterAll, describe, expect, test } from 'vitest'
import { openPublicDoor, type PublicDoor } from './public-door.ts'

const triesOfAccount = 6

describe.skipIf(!canRunRedis)('two gateways with a Redis', () => {
  let door: PublicDoor | undefined
  afterAll(() => door?.stop())

  const tryToSignIn = async (api: Caller, email: string) =>
    (await api.post('gateway', '/api/v1/auth/login', { email, password: 'not the right one' })).status

  test('let somebody guess at a password as often as one would, and count alone while Redis is away', async () => {
    const redis = await startRedis()
    door = await openPublicDoor({
      REDIS_URL: redis.url,
      JWT_SECRETS: 'signs-the-tokens-of-this-test-and-no-others',
      RATE_LIMIT_ADDRESS: '1000',
      RATE_LIMIT_ACCOUNT: String(triesOfAccount),
    })
    const gateways = [await door.startGateway(), await door.startGateway()]
    const statuses = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        tryToSignIn(gateways[n % 2]!.api, n < 20 ? 'rina@example.com' : 'budi@example.com'),
      ),
    )
    for (const email of [statuses.slice(0, 20), statuses.slice(20)])
      expect(email.filter((status) => status === 401)).toHaveLength(triesOfAccount)
    expect(new Set(statuses)).toEqual(new Set([401, 429]))

    await redis.kill()
    const alone = []
    for (let tries = 0; tries < triesOfAccount + 2; tries++)
      alone.push(await tryToSignIn(gateways[0]!.api, 'rina@example.com'))
    expect(alone).toEqual([...Array<number>(triesOfAccount).fill(401), 429, 429])
    expect(await tryToSignIn(gateways[1]!.api, 'rina@example.com')).toBe(401)
    expect(gateways[0]!.process.output().match(/counted in this process alone/g)).toHaveLength(1)

    // What was counted is kept on its disk.
    await redis.restart()
    await waitFor(
      () => tryToSignIn(gateways[1]!.api, 'budi@example.com'),
      (status) => status === 429,
    )
  })
})
