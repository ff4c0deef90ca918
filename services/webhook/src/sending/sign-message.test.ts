import { randomBytes } from 'node:crypto'
import { Webhook } from 'standardwebhooks'
import { expect, test } from 'vitest'
import { signMessage } from './sign-message.ts'

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`
const body = '{"id":"inventory-1"}'

test('a receiver verifies a message by the library of Standard Webhooks, and no other', () => {
  const secret = newSecret()
  const headers = signMessage([secret], 'inventory-1', new Date(), body)
  expect(new Webhook(secret).verify(body, headers)).toEqual({ id: 'inventory-1' })
  expect(() => new Webhook(newSecret()).verify(body, headers)).toThrow('No matching signature')
  expect(() => new Webhook(secret).verify(body.replace('1', '2'), headers)).toThrow('No matching signature')
  expect(() => new Webhook(secret).verify(body, { ...headers, 'webhook-id': 'inventory-2' })).toThrow('No matching')
  const old = signMessage([secret], 'inventory-1', new Date(Date.now() - 301_000), body)
  expect(() => new Webhook(secret).verify(body, old)).toThrow('too old')
})

test('while a secret takes over from another, both verify', () => {
  const [secret, former] = [newSecret(), newSecret()]
  const headers = signMessage([secret, former], 'inventory-1', new Date(), body)
  for (const one of [secret, former]) expect(new Webhook(one).verify(body, headers)).toEqual({ id: 'inventory-1' })
})

test('the example of the specification gives the same signature', () => {
  // From the tests that the libraries of Standard Webhooks share.
  const headers = signMessage(
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'],
    'msg_p5jXN8AQM9LWM0D4loKWxJek',
    new Date(1_614_265_330_000),
    '{"test": 2432232314}',
  )
  expect(headers).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  })
})
