import { randomBytes } from 'node:crypto'
import type { Caller } from '@kakilima/testkit/call'
import { runCommand } from '@kakilima/testkit/shop'
import { expect } from 'vitest'

/** Headers of a request by somebody who is signed in. */
export type Signed = { authorization: string }

export const bearer = (token: string): Signed => ({ authorization: `Bearer ${token}` })

/** Signs in at the gateway. Fails the test when that is refused. */
export async function signIn(api: Caller, email: string, password: string): Promise<Signed> {
  const { status, body } = await api.post('gateway', '/api/v1/auth/login', { email, password })
  expect(status, JSON.stringify(body)).toBe(200)
  return bearer(body.token)
}

/** A customer without an account. */
export async function newGuest(api: Caller, name = 'Sari'): Promise<{ headers: Signed; id: number }> {
  const { status, body } = await api.post('gateway', '/api/v1/auth/guest', { name, phone: '081234567890' })
  expect(status, JSON.stringify(body)).toBe(201)
  return { headers: bearer(body.token), id: body.user.id }
}

/** Somebody who works in the shop, added as its owner does it: `env` says where the database is. */
export async function newStaff(
  role: 'viewer' | 'staff' | 'admin',
  env: Record<string, string>,
): Promise<{ email: string; password: string }> {
  const email = `${role}-${randomBytes(4).toString('hex')}@example.com`
  const password = randomBytes(12).toString('hex')
  const args = ['user', 'add', '--email', email, '--name', role, '--role', role, '--password', password]
  const { code, output } = await runCommand(args, env)
  expect(code, output).toBe(0)
  return { email, password }
}
