import { silentLogger, testEnvironment } from '@kakilima/testkit/app'
import { testDatabase } from '@kakilima/testkit/database-per-file'
import { sql } from 'kysely'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { buildApp } from '../app.ts'
import { readUserConfig } from '../config.ts'
import type { UserTables } from '../database.ts'

const db = await testDatabase<UserTables>('user')
const config = readUserConfig(testEnvironment({ USER_DATABASE_URL: 'postgres://unused' }))
const app = await buildApp({ config, db, logger: silentLogger() })
afterAll(() => app.close())

beforeEach(async () => {
  await sql`truncate users, sessions restart identity cascade`.execute(db)
})

const post = async (url: string, payload: object) => (await app.inject({ method: 'POST', url, payload })).json()
const contacts = async (ids: string) => (await app.inject(`/contacts?ids=${ids}`)).json()
const speak = (id: number, language: string) =>
  app.inject({ method: 'PUT', url: `/accounts/${id}/language`, payload: { language } })

const sari = { name: 'Sari', email: 'sari@example.com', password: 'kata sandi' }
const guest = { name: 'Budi', phone: '081234567890' }

test('whoever is asked for is answered with an address, where there is one, and the language of the shop', async () => {
  await post('/accounts', { ...sari, language: 'en' })
  await post('/guests', guest)
  await post('/users', { ...guest, language: 'en' })
  expect(await contacts('3,1,2,99')).toEqual([
    { id: 1, name: 'Sari', email: 'sari@example.com', language: 'en' },
    { id: 2, name: 'Budi', email: null, language: 'id' },
    { id: 3, name: 'Budi', email: null, language: 'en' },
  ])
})

test('a language is chosen at the beginning and changed later, and no other than the two is taken', async () => {
  expect(await post('/accounts', { ...sari, language: 'en' })).toMatchObject({ language: 'en' })
  expect((await post('/guests', { ...guest, language: 'en' })).user).toMatchObject({ language: 'en' })
  expect((await speak(2, 'id')).json()).toMatchObject({ id: 2, email: null, language: 'id' })
  expect((await speak(1, 'fr')).statusCode).toBe(422)
  expect((await speak(99, 'en')).statusCode).toBe(404)
  expect((await contacts('1,2')).map(({ language }: { language: string }) => language)).toEqual(['en', 'id'])
})
