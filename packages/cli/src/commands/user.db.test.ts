import { rm } from 'node:fs/promises'
import { cloneDatabase } from '@kakilima/testkit/database-per-file'
import { runCommand, temporaryFolder } from '@kakilima/testkit/shop'
import { afterAll, expect, test } from 'vitest'

const url = await cloneDatabase('user')
const folder = await temporaryFolder()
afterAll(() => rm(folder, { recursive: true, force: true }))

const add = (email: string, password: string) =>
  runCommand(['user', 'add', '--email', email, '--name', 'Rina', '--role', 'viewer', '--password', password], {
    USER_DATABASE_URL: url,
    KAKILIMA_DATA: folder,
  })

test('adds to a database of its owner, and does not show a password that was given', async () => {
  expect(await add('rina@example.com', 'kata sandi')).toEqual({
    code: 0,
    output: 'rina@example.com can sign in as viewer now.\n',
  })
})

test('locks somebody out and lets them in again, by the address in any spelling', async () => {
  const env = { USER_DATABASE_URL: url, KAKILIMA_DATA: folder }
  expect(await runCommand(['user', 'ban', '--email', 'Rina@Example.com'], env)).toEqual({
    code: 0,
    output: 'Rina@Example.com cannot sign in any more, and is signed out everywhere within a minute.\n',
  })
  expect(await runCommand(['user', 'unban', '--email', 'rina@example.com'], env)).toEqual({
    code: 0,
    output: 'rina@example.com can sign in again.\n',
  })
  expect(await runCommand(['user', 'ban', '--email', 'nobody@example.com'], env)).toEqual({
    code: 1,
    output: 'Nobody has the address nobody@example.com\n',
  })
})

test('wants a password of 8 characters', async () => {
  expect(await add('dewi@example.com', 'sandi')).toEqual({
    code: 1,
    output: '--password must have 8 to 200 characters.\n',
  })
})
