import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { DirectusPlace } from './directus.ts'
import { installProgram } from './install-program.ts'
import { type RunningProgram, runProgram, startProgram } from './run-program.ts'

// 2.41.3 is incomplete in the registry.
const n8n = { name: 'n8n', dependencies: { n8n: '2.41.1' }, overrides: { linkedom: '0.18.12' } }
const workflow = fileURLToPath(new URL('../../deploy/n8n/sync-product.json', import.meta.url))

/** The address that our workflow listens on, and the secret that messages to it are signed with. */
export type WorkflowPlace = { url: string; secret: string }

/** Installs n8n where it is missing, and starts it on a database without tables, with our workflow writing to a Directus. */
export async function startN8n(
  databaseUrl: string,
  ports: { web: string; broker: string },
  directus: DirectusPlace,
  cwd: string,
): Promise<RunningProgram & WorkflowPlace> {
  const folder = await installProgram(n8n)
  const cli = join(folder, 'node_modules/n8n/bin/n8n')
  const database = new URL(databaseUrl)
  const place = {
    url: `http://127.0.0.1:${ports.web}/webhook/kakilima-products`,
    secret: `whsec_${randomBytes(32).toString('base64')}`,
  }
  const env = {
    // With PostgreSQL it does without sqlite3, which would have to be compiled.
    DB_TYPE: 'postgresdb',
    DB_POSTGRESDB_HOST: database.hostname,
    DB_POSTGRESDB_PORT: database.port,
    DB_POSTGRESDB_USER: database.username,
    DB_POSTGRESDB_PASSWORD: database.password,
    DB_POSTGRESDB_DATABASE: database.pathname.slice(1),
    N8N_USER_FOLDER: cwd,
    N8N_LISTEN_ADDRESS: '127.0.0.1',
    N8N_PORT: ports.web,
    N8N_RUNNERS_BROKER_PORT: ports.broker,
    N8N_DIAGNOSTICS_ENABLED: 'false',
    N8N_VERSION_NOTIFICATIONS_ENABLED: 'false',
    N8N_TEMPLATES_ENABLED: 'false',
    // From here on what our README tells the owner to set.
    N8N_BLOCK_ENV_ACCESS_IN_NODE: 'false',
    NODE_FUNCTION_ALLOW_BUILTIN: 'crypto',
    N8N_WEBHOOK_SECRET: place.secret,
    DIRECTUS_URL: directus.url,
    DIRECTUS_TOKEN: directus.token,
  }
  const { id } = JSON.parse(await readFile(workflow, 'utf8'))
  await runProgram({ args: [cli, 'import:workflow', `--input=${workflow}`], env, cwd })
  await runProgram({ args: [cli, 'publish:workflow', `--id=${id}`], env, cwd })
  const program = await startProgram({ args: [cli, 'start'], env, cwd }, () => refusesUnsigned(place.url))
  return { ...program, ...place }
}

/** Whether the workflow answers. n8n says that it is well some seconds before it has registered its webhooks. */
async function refusesUnsigned(url: string): Promise<boolean> {
  const answer = await fetch(url, { method: 'POST' }).catch(() => undefined)
  return answer?.status === 401
}
