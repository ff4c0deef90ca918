import { expect, test } from 'vitest'
import { readGatewayConfig } from './config.ts'

const right = { ORDER_DATABASE_URL: 'postgres://127.0.0.1/order_service', JWT_SECRETS: 'x'.repeat(32) }

test.each(['', '10.1.2.3', ' 10.0.0.0/8 , ::1,fd00::/8', '127.0.0.1/32'])('proxies may be %j', (TRUSTED_PROXIES) => {
  expect(readGatewayConfig({ ...right, TRUSTED_PROXIES })).toMatchObject({ TRUSTED_PROXIES })
})

test.each(['proxy.example', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '::1/129', '10.0.0.0/8/8', 'true'])(
  'a proxy cannot be %s',
  (entry) => {
    expect(() => readGatewayConfig({ ...right, TRUSTED_PROXIES: `127.0.0.1,${entry}` })).toThrow(
      `TRUSTED_PROXIES has ${entry}, which is no address like 10.1.2.3 and no network like 10.0.0.0/8.`,
    )
  },
)
