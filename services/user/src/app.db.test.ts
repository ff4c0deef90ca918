import { userClient } from '@kakilima/contracts/clients'
import { createNeighbor } from '@kakilima/kit/http-client'
import { listen } from '@kakilima/kit/server'
import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { holdLock } from '@kakilima/testkit/hold-lock'
import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { buildApp } from './app.ts'
import { readUserConfig } from './config.ts'
import type { UserTables } from './database.ts'
import { normalizePhone } from './users/phone.ts'

const db = await testDatabase<UserTables>('user')
const config = readUserConfig(testEnvironment({ DATABASE_URL: 'postgres://unused' }))
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate users restart identity cascade`.execute(db)
})

const sari = { name: 'Sari', phone: '0812-3456-7890' }
const create = (payload: object) => app.inject({ method: 'POST', url: '/users', payload })

async function rows() {
  return db.selectFrom('users').selectAll().orderBy('id').execute()
}

describe('a customer', () => {
  test('is created with the trimmed name and the number as it was given, beside its international form', async () => {
    const answer = await create({ name: '  Ibu Sari ', phone: ' 0812-3456-7890 ', role: 'admin', id: 99 })
    expect([answer.statusCode, answer.headers.location]).toEqual([201, '/users/1'])
    expect(answer.json()).toEqual({
      id: 1,
      name: 'Ibu Sari',
      phone: ' 0812-3456-7890 ',
      phone_e164: '+6281234567890',
      email: null,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    })
    expect((await app.inject('/users/1')).json()).toEqual(answer.json())
    expect(await rows()).toMatchObject([{ ...answer.json(), role: 'customer' }])
  })

  test('of a known number is a customer of its own, and shows nothing of the other', async () => {
    await create(sari)
    const other = await create({ name: 'Somebody else', phone: '+62 812 3456 7890' })
    expect(other.json()).toMatchObject({ id: 2, name: 'Somebody else', phone_e164: '+6281234567890' })
    expect((await rows()).map((row) => row.name)).toEqual(['Sari', 'Somebody else'])
  })

  test.each([
    ['no name', { phone: sari.phone }],
    ['an empty name', { ...sari, name: '' }],
    ['a blank name', { ...sari, name: '  \t ' }],
    ['a long name', { ...sari, name: 'x'.repeat(201) }],
    ['a name with NUL', { ...sari, name: 'Sa\0ri' }],
    ['a name that is no text', { ...sari, name: 5 }],
    ['no phone', { name: 'Sari' }],
    ['a phone that is no text', { ...sari, phone: 81234567890 }],
    ['a phone with NUL', { ...sari, phone: '0812\0' }],
    ['a long phone', { ...sari, phone: '0'.repeat(41) }],
    ['no plausible number in the phone', { ...sari, phone: 'call me' }],
  ])('with %s is refused and not stored', async (_, payload) => {
    const answer = await create(payload)
    expect(answer.statusCode).toBe(422)
    expect(answer.json()).toMatchObject({ type: '/problems/invalid-input', detail: expect.stringMatching(/^body\./) })
    expect(await rows()).toEqual([])
  })

  test('with a name of 200 characters of any alphabet is stored as it is', async () => {
    const name = `${'ꦱ'.repeat(99)} ${'🥭'.repeat(100)}`
    expect((await create({ ...sari, name })).json().name).toBe(name)
  })

  test.each([
    ['/users/1', 404],
    ['/users/9007199254740991', 404],
    ['/users/9007199254740992', 422],
    ['/users/0', 422],
    ['/users/x', 422],
  ])('at %s is answered %i', async (url, status) => {
    const answer = await app.inject(url)
    expect(answer.statusCode).toBe(status)
    if (status === 404)
      expect(answer.json()).toMatchObject({ type: '/problems/user-not-found', detail: 'User not found' })
  })
})

describe('the list of customers', () => {
  beforeEach(async () => {
    for (const name of ['Adi', 'Budi', 'Citra', 'Dewi']) await create({ ...sari, name })
  })

  async function namesAt(url: string) {
    const answer = await app.inject(url)
    return { names: answer.json<{ name: string }[]>().map((row) => row.name), link: answer.headers.link }
  }

  test.each([
    ['', ['Adi', 'Budi', 'Citra', 'Dewi']],
    ['?ids=3', ['Citra']],
    ['?ids=4,1,4,99', ['Adi', 'Dewi']],
    ['?ids=99', []],
    ['?ids=9999999999999999', []],
  ])('with %j holds %j', async (query, names) => {
    expect(await namesAt(`/users${query}`)).toEqual({ names, link: undefined })
  })

  test('comes in pages that name the next one', async () => {
    expect(await namesAt('/users?limit=2')).toEqual({
      names: ['Adi', 'Budi'],
      link: '</users?limit=2&after=2>; rel="next"',
    })
    expect(await namesAt('/users?limit=2&after=2')).toEqual({ names: ['Citra', 'Dewi'], link: undefined })
  })

  test.each(['?limit=0', '?limit=1001', '?after=x', '?ids=', '?ids=1;2', `?ids=${Array(1001).fill(1).join(',')}`])(
    'with %j is refused',
    async (query) => {
      expect((await app.inject(`/users${query}`)).statusCode).toBe(422)
    },
  )
})

describe('looking a user up', () => {
  beforeEach(async () => {
    await create({ name: 'Sari 100%', phone: '0812-3456-7890' })
    await create({ name: 'Budi_Santoso', phone: '+62 813 3456 7890' })
    await create({ name: 'Mei Lin', phone: '+65 6123 4567' })
    const rina = { name: 'Rina', email: 'Rina@Example.com', password: 'kata sandi' }
    await app.inject({ method: 'POST', url: '/accounts', payload: rina })
    await db.updateTable('users').set({ role: 'staff' }).where('id', '=', 4).execute()
  })

  test.each([
    ['a part of the name in any case', 'SAR', [1]],
    ['with blanks around', '  budi ', [2]],
    ['a part of several names, the newest first', 'i', [4, 3, 2, 1]],
    ['what would stand for anything in a pattern', '%', [1]],
    ['what would stand for any letter in a pattern', '_', [2]],
    ['a backslash', '\\', []],
    ['a part of the address, of whoever works here as well', 'example.c', [4]],
    ['the number as it was given', '0812-3456-7890', [1]],
    ['the number in international form', '+6281234567890', [1]],
    ['the number without its zero', '812 3456 7890', [1]],
    ['the number with its country alone', '62 813 3456 7890', [2]],
    ['the beginning of a number', '0813 3456', [2]],
    ['the beginning of a number of elsewhere', '+65 61', [3]],
    ['a beginning that is too short to be one', '081', []],
    ['the id', '3', [3]],
    ['an id that no row can have', '9999999999999999', []],
    ['nothing that anybody has', 'zzz', []],
  ])('by %s', async (_, search, ids) => {
    const answer = await app.inject(`/users?search=${encodeURIComponent(search)}`)
    expect(answer.json<{ id: number }[]>().map(({ id }) => id)).toEqual(ids)
  })

  test('by nothing is the list of customers', async () => {
    const answer = await app.inject('/users?search=%20')
    expect(answer.json<{ id: number }[]>().map(({ id }) => id)).toEqual([1, 2, 3])
  })

  test.each(['x'.repeat(201), 'a\0b'])('by %j is refused', async (search) => {
    expect((await app.inject(`/users?search=${encodeURIComponent(search)}`)).statusCode).toBe(422)
  })
})

describe('customers as staff see them', () => {
  beforeEach(async () => {
    for (const name of ['Adi', 'Budi', 'Citra', 'Dewi']) await create({ ...sari, name })
    await app.inject({ method: 'POST', url: '/accounts/2/ban' })
    const admin = { name: 'Adinda', email: 'adinda@example.com', password: 'kata sandi' }
    await app.inject({ method: 'POST', url: '/accounts', payload: admin })
    await db.updateTable('users').set({ role: 'admin' }).where('id', '=', 5).execute()
  })

  async function namesAt(query: string) {
    const answer = await app.inject(`/customers${query}`)
    return { names: answer.json<{ name: string }[]>().map((row) => row.name), link: answer.headers.link }
  }

  test('show their address, when they came and whether they are banned', async () => {
    const time = expect.stringMatching(/Z$/)
    const expected = { id: 2, name: 'Budi', phone: sari.phone, phone_e164: '+6281234567890', email: null }
    const answer = await app.inject('/customers/2')
    expect(answer.json()).toEqual({ ...expected, created_at: time, banned_at: time })
    expect((await app.inject('/customers?ids=2')).json()).toEqual([answer.json()])
    expect((await app.inject('/customers/1')).json()).toMatchObject({ banned_at: null })
  })

  test.each([
    ['', ['Adi', 'Budi', 'Citra', 'Dewi']],
    ['?sort=newest', ['Dewi', 'Citra', 'Budi', 'Adi']],
    ['?ids=5,3', ['Citra']],
    ['?search=di', ['Adi', 'Budi']],
    ['?search=di&sort=newest', ['Budi', 'Adi']],
    ['?search=0812-3456&sort=newest&before=3', ['Budi', 'Adi']],
    ['?search=adinda', []],
    ['?search=%20', ['Adi', 'Budi', 'Citra', 'Dewi']],
  ])('with %j are %j', async (query, names) => {
    expect(await namesAt(query)).toEqual({ names, link: undefined })
  })

  test('come in pages that name the next one, from either end', async () => {
    expect(await namesAt('?limit=3&search=i')).toMatchObject({
      names: ['Adi', 'Budi', 'Citra'],
      link: '</customers?limit=3&search=i&after=3>; rel="next"',
    })
    expect(await namesAt('?limit=3&sort=newest')).toMatchObject({
      names: ['Dewi', 'Citra', 'Budi'],
      link: '</customers?limit=3&sort=newest&before=2>; rel="next"',
    })
    expect(await namesAt('?limit=3&sort=newest&before=2')).toEqual({ names: ['Adi'], link: undefined })
  })

  test('are not those who work in the shop', async () => {
    const answer = await app.inject('/customers/5')
    expect([answer.statusCode, answer.json().type]).toEqual([404, '/problems/user-not-found'])
  })
})

test('a search that would keep the database busy is given up', async () => {
  const held = await holdLock(db, (tx) => sql`lock table users in access exclusive mode`.execute(tx))
  const answers = await Promise.all(['/users?search=sari', '/customers?search=sari'].map((url) => app.inject(url)))
  await held.release()
  expect(answers.map(({ statusCode }) => statusCode)).toEqual([503, 503])
})

describe('a phone number', () => {
  const mobile = fc.stringMatching(/^8(1[1-9]|2[1-3]|5[1-37-9]|7[78]|9[5-9])\d{7,8}$/)
  const separator = fc.constantFrom('', ' ', '-', '.')

  test('is the same in every way to write it', () => {
    fc.assert(
      fc.property(mobile, separator, fc.constantFrom('0', '', '62', '+62', '+62 '), (digits, gap, prefix) => {
        const groups = [digits.slice(0, 3), digits.slice(3, 7), digits.slice(7)]
        expect(normalizePhone(`${prefix}${groups.join(gap)}`)).toBe(`+62${digits}`)
      }),
      { numRuns: 300 },
    )
  })

  test('is E.164 or nothing, whatever the text, and keeps its form', () => {
    const texts = fc.oneof(fc.string({ maxLength: 40 }), fc.stringMatching(/^[+\d() .-]{0,20}$/))
    fc.assert(
      fc.property(texts, (text) => {
        const number = normalizePhone(text)
        if (number === undefined) return
        expect(number).toMatch(/^\+[1-9]\d{4,14}$/)
        expect(normalizePhone(number)).toBe(number)
      }),
      { numRuns: 500 },
    )
  })
})

/** The service as its neighbours see it. */
async function overTheNetwork(use: (client: ReturnType<typeof userClient>) => Promise<void>): Promise<void> {
  const port = await listen(app, config)
  const neighbor = createNeighbor({ name: 'user', url: `http://127.0.0.1:${port}`, token: undefined })
  try {
    await use(userClient(neighbor.call))
  } finally {
    await neighbor.close()
  }
}

test('its neighbours get customers over the network', async () => {
  await create(sari)
  await create({ ...sari, name: 'Budi' })
  await overTheNetwork(async (users) => {
    expect(await users.get(1)).toMatchObject({ id: 1, name: 'Sari', phone: sari.phone })
    expect((await users.list([2, 1, 99])).map((user) => user.name)).toEqual(['Sari', 'Budi'])
    expect(await users.search('ari')).toMatchObject([{ id: 1, email: null }])
    await expect(users.get(99)).rejects.toMatchObject({ type: 'user-not-found', message: 'User not found' })
  })
})
