import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { clusterName } from './postgres-account.ts'

/**
 * The addresses of the databases on the embedded PostgreSQL that runs on a data folder, for those who look at a shop at work from another
 * process. Returns undefined when none runs there (or none can be told from the files).
 */
export async function runningPostgres(dataFolder: string): Promise<((database: string) => string) | undefined> {
  try {
    const password = (await readFile(join(dataFolder, 'postgres-password'), 'utf8')).trim()
    // Line 4 of the file that PostgreSQL keeps while it runs is its port; line 8 says whether it is ready.
    const lines = (await readFile(join(dataFolder, clusterName, 'postmaster.pid'), 'utf8')).split('\n')
    if (lines[7]?.trim() !== 'ready') return undefined
    return (database) => `postgres://kakilima:${password}@127.0.0.1:${lines[3]}/${database}`
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
