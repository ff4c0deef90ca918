import { isProblem } from '@kakilima/contracts/problems'
import { expect, test } from 'vitest'
import { createPasswordHasher, isPasswordOf } from './password-hasher.ts'

const hasher = createPasswordHasher()
const owasp = '$argon2id$v=19$m=19456,t=2,p=1$'

test('a password is stored as argon2id with the parameters of OWASP, and never the same way twice', async () => {
  const first = await hasher.hash('kata sandi')
  expect(first.startsWith(owasp)).toBe(true)
  expect(await hasher.hash('kata sandi')).not.toBe(first)
  expect(await isPasswordOf(hasher, first, 'kata sandi')).toBe(true)
  expect(await isPasswordOf(hasher, first, 'Kata sandi')).toBe(false)
})

test.each([null, undefined])(
  'where the hash is %s another of the same parameters is verified, and none fits',
  async (none) => {
    const seen: string[] = []
    const yes = {
      ...hasher,
      verify: async (stored: string, password: string) => {
        seen.push(stored)
        return stored !== '' && password !== ''
      },
    }
    expect(await isPasswordOf(yes, none, 'kata sandi')).toBe(false)
    expect(seen).toEqual([expect.stringContaining(owasp)])
    expect(await hasher.verify(seen[0]!, 'kata sandi')).toBe(false)
  },
)

test('the same letters from another keyboard are the same password', async () => {
  expect(await isPasswordOf(hasher, await hasher.hash('caf\u00e9 kaki lima'), 'cafe\u0301 kaki lima')).toBe(true)
})

test('only so many wait to be hashed; the rest is told to come back', async () => {
  const busy = createPasswordHasher()
  const answers = await Promise.allSettled(Array.from({ length: 80 }, () => busy.hash('kata sandi')))
  const refused = answers.filter((answer) => answer.status === 'rejected')
  expect(refused.length).toBeGreaterThanOrEqual(18)
  expect(refused.length).toBeLessThanOrEqual(20)
  for (const { reason } of refused) {
    expect(isProblem(reason, 'too-many-requests')).toBe(true)
    expect(reason.headers).toEqual({ 'retry-after': '1' })
  }
  expect(await busy.hash('kata sandi')).toContain(owasp)
})
