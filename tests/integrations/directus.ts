import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Answer, waitFor } from '@kakilima/testkit/call'
import { installProgram } from './install-program.ts'
import { type RunningProgram, runProgram, startProgram } from './run-program.ts'

const directus = {
  name: 'directus',
  dependencies: { directus: '12.4.1' },
  overrides: { 'isolated-vm': '6.2.0', '@directus/app': '18.0.0' },
}

/** Where a Directus is, and the token of somebody that it knows. */
export type DirectusPlace = { url: string; token: string }

export type RunningDirectus = RunningProgram & { asAdmin: DirectusPlace; asShop: DirectusPlace }

/**
 * Installs Directus where it is missing, and starts it on a database without tables. Makes the collection as the README of the workflow
 * says, and a token for the shop that can do no more than that needs.
 */
export async function startDirectus(databaseUrl: string, port: string, cwd: string): Promise<RunningDirectus> {
  const folder = await installProgram(directus)
  const cli = join(folder, 'node_modules/directus/cli.js')
  const asAdmin = { url: `http://127.0.0.1:${port}`, token: newSecret() }
  const env = {
    HOST: '127.0.0.1',
    PORT: port,
    PUBLIC_URL: asAdmin.url,
    SECRET: newSecret(),
    ADMIN_EMAIL: 'staff@example.com',
    ADMIN_PASSWORD: newSecret(),
    ADMIN_TOKEN: asAdmin.token,
    DB_CLIENT: 'pg',
    DB_CONNECTION_STRING: databaseUrl,
    TELEMETRY: 'false',
  }
  await runProgram({ args: [cli, 'bootstrap'], env, cwd })
  const program = await startProgram({ args: [cli, 'start'], env, cwd }, () => answersPong(asAdmin.url))
  try {
    return { ...program, asAdmin, asShop: { url: asAdmin.url, token: await prepare(asAdmin) } }
  } catch (error) {
    await program.stop()
    throw error
  }
}

const newSecret = () => randomBytes(16).toString('hex')

/** Makes the collection, and somebody who may do everything with it and nothing else. Returns the token. */
async function prepare(asAdmin: DirectusPlace): Promise<string> {
  const make = async (path: string, body: unknown) => {
    const answer = await askDirectus(asAdmin, 'POST', path, body)
    if (answer.status !== 200) throw new Error(`Directus refused ${path}: ${JSON.stringify(answer.body)}`)
    return answer.body.data
  }
  const collection = await readFile(new URL('../../deploy/n8n/directus-products.json', import.meta.url), 'utf8')
  await make('/collections', JSON.parse(collection))
  const policy = await make('/policies', { name: 'Kakilima', admin_access: false, app_access: false })
  for (const action of ['create', 'read', 'update', 'delete'])
    await make('/permissions', { policy: policy.id, collection: 'products', action, fields: ['*'] })
  const token = newSecret()
  await make('/users', { first_name: 'Kakilima', token, policies: { create: [{ policy: { id: policy.id } }] } })
  return token
}

async function answersPong(url: string): Promise<boolean> {
  const answer = await fetch(`${url}/server/ping`).catch(() => undefined)
  return answer?.ok === true
}

/** Directus refuses with 503 for a while after its start and under load; then it is asked again. */
export async function askDirectus(
  { url, token }: DirectusPlace,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const ask = async (): Promise<Answer> => {
    const answer = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) }
  }
  return waitFor(ask, ({ status }) => status !== 503)
}
