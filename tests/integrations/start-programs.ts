import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freeAddresses } from '@kakilima/testkit/shop'
import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { type DirectusPlace, startDirectus } from './directus.ts'
import { startN8n, type WorkflowPlace } from './n8n.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    directus: { asAdmin: DirectusPlace; asShop: DirectusPlace; pid: number }
    workflow: WorkflowPlace
  }
}

/** Starts one Directus and one n8n for the whole run, each on a database of the run's PostgreSQL. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'kakilima-integrations-run-'))
  const ends = [() => rm(folder, { recursive: true, force: true })]
  const end = async () => {
    for (const stop of ends.toReversed()) await stop()
  }
  try {
    const [directusPort, web, broker] = Object.values(await freeAddresses()).map((url) => new URL(url).port)
    const { postgresUrl } = project.getProvidedContext()

    const { asAdmin, asShop, pid, stop } = await startDirectus(
      await createDatabase(postgresUrl, 'directus'),
      directusPort!,
      folder,
    )
    ends.push(stop)
    project.provide('directus', { asAdmin, asShop, pid })

    const databaseOfN8n = await createDatabase(postgresUrl, 'n8n')
    const n8n = await startN8n(databaseOfN8n, { web: web!, broker: broker! }, asShop, folder)
    ends.push(n8n.stop)
    project.provide('workflow', { url: n8n.url, secret: n8n.secret })
    return end
  } catch (error) {
    await end()
    throw error
  }
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client(serverUrl)
  await client.connect()
  await client.query(`create database ${name}`)
  await client.end()
  const url = new URL(serverUrl)
  url.pathname = `/${name}`
  return url.href
}
