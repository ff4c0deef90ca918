import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readUserConfig } from '../config.ts'
import type { UserTables } from '../database.ts'
import { createPasswordHasher } from '../password-hasher.ts'
import { createAccount } from './create-account.ts'

const db = await testDatabase<UserTables>('user')
const config = readUserConfig(testEnvironment({ DATABASE_URL: 'postgres://unused' }))
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate users, sessions restart identity`.execute(db)
})

const sari = { name: 'Sari', email: 'sari@example.com', password: 'kata sandi' }
const register = (payload: object) => app.inject({ method: 'POST', url: '/accounts', payload })

async function rows() {
  return db.selectFrom('users').selectAll().orderBy('id').execute()
}

describe('an account', () => {
  test('is answered without its password, of which only a hash is stored', async () => {
    const answer = await register({ ...sari, name: ' Sari ', email: ' Sari@Example.com ', phone: '0812-3456-7890' })
    expect([answer.statusCode, answer.headers.location]).toEqual([201, '/accounts/1'])
    expect(answer.json()).toEqual({
      id: 1,
      name: 'Sari',
      email: 'Sari@Example.com',
      phone: '0812-3456-7890',
      role: 'customer',
    })
    expect((await app.inject('/accounts/1')).json()).toEqual(answer.json())
    expect(await rows()).toMatchObject([
      { phone_e164: '+6281234567890', password_hash: expect.stringMatching(/^\$argon2id\$/), banned_at: null },
    ])
  })

  test.each([
    ['role', { role: 'admin' }],
    ['id', { id: 99 }],
    ['ban', { banned_at: '2026-11-22T08:00:00.000Z' }],
    ['hash', { password_hash: '$argon2id$v=19$m=19456,t=2,p=1$a$b' }],
  ])('takes no %s from its caller', async (_, more) => {
    expect((await register({ ...sari, ...more })).json()).toMatchObject({ id: 1, role: 'customer' })
    expect(await rows()).toMatchObject([{ id: 1, role: 'customer', banned_at: null }])
    expect((await rows())[0]!.password_hash).not.toBe('$argon2id$v=19$m=19456,t=2,p=1$a$b')
  })

  test('of an address that has one, in whatever letters, is refused', async () => {
    await register(sari)
    const answer = await register({ ...sari, name: 'Somebody else', email: 'SARI@example.COM' })
    expect(answer.statusCode).toBe(409)
    expect(answer.json()).toMatchObject({ type: '/problems/email-taken', detail: expect.any(String) })
    expect((await rows()).map(({ name }) => name)).toEqual(['Sari'])
  })

  test('of one address is made once, though fifty ask at the same moment', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        register({ ...sari, email: index % 2 === 0 ? sari.email : sari.email.toUpperCase() }),
      ),
    )
    expect(answers.filter(({ statusCode }) => statusCode === 201)).toHaveLength(1)
    expect(answers.filter(({ statusCode }) => statusCode === 409)).toHaveLength(49)
    expect(await rows()).toHaveLength(1)
  })

  test('may be without a phone, also where a form sends an empty one', async () => {
    expect((await register(sari)).json().phone).toBeNull()
    expect((await register({ ...sari, email: 'budi@example.com', phone: ' ' })).json().phone).toBeNull()
    expect(await rows()).toMatchObject([{ phone_e164: null }, { phone: null, phone_e164: null }])
  })

  test.each(['sari@localhost', "o'brien+toko@mail.example.co.id", `${'a'.repeat(242)}@example.com`])(
    'may have the address %j',
    async (email) => {
      expect((await register({ ...sari, email })).json().email).toBe(email)
    },
  )

  test.each(['12345678', 'x'.repeat(200), '🥭'.repeat(200)])('may have the password %j', async (password) => {
    expect((await register({ ...sari, password })).statusCode).toBe(201)
    const signIn = await app.inject({ method: 'POST', url: '/sessions', payload: { email: sari.email, password } })
    expect(signIn.statusCode).toBe(201)
  })

  test.each<[string, object]>([
    ['no address', { ...sari, email: undefined }],
    ['an empty address', { ...sari, email: '' }],
    ['an address without a name', { ...sari, email: '@example.com' }],
    ['an address without a place', { ...sari, email: 'sari@' }],
    ['two addresses', { ...sari, email: 'sari@example.com, budi@example.com' }],
    ['an address with a line break', { ...sari, email: 'sari@example.com\nbcc: all@example.com' }],
    ['a long address', { ...sari, email: `${'a'.repeat(243)}@example.com` }],
    ['no password', { ...sari, password: undefined }],
    ['a short password', { ...sari, password: '1234567' }],
    ['a long password', { ...sari, password: 'x'.repeat(201) }],
    ['a blank name', { ...sari, name: ' ' }],
    ['no number in its phone', { ...sari, phone: 'call me' }],
  ])('with %s is refused and not stored', async (_, payload) => {
    const answer = await register(payload)
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({ type: '/problems/invalid-input' })
    expect(await rows()).toEqual([])
  })

  test('that is not there is answered 404', async () => {
    const answer = await app.inject('/accounts/1')
    expect(answer.statusCode).toBe(404)
    expect(answer.json()).toMatchObject({ type: '/problems/user-not-found', detail: 'User not found' })
  })
})

describe('what old clients see of an account', () => {
  test('is a customer with an empty phone, and neither role nor password', async () => {
    await register(sari)
    const customer = {
      id: 1,
      name: 'Sari',
      phone: '',
      phone_e164: null,
      email: 'sari@example.com',
      created_at: expect.any(String),
    }
    expect((await app.inject('/users/1')).json()).toEqual(customer)
    expect((await app.inject('/users')).json()).toEqual([customer])
    expect((await app.inject('/users?ids=1')).json()).toEqual([customer])
  })

  test('is nothing in the list of customers where it works in the shop, but its orders name it', async () => {
    await createAccount(db, createPasswordHasher(), { ...sari }, 'staff')
    expect((await app.inject('/users')).json()).toEqual([])
    expect((await app.inject('/users/1')).json().name).toBe('Sari')
    expect((await app.inject('/users?ids=1')).json()).toHaveLength(1)
  })
})
