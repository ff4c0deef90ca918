import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Kysely, sql } from 'kysely'
import { type Migration, Migrator } from 'kysely/migration'

/**
 * Brings a database up to date: runs the `.sql` files of a folder that have not run yet, in order of name, in one transaction. Two
 * processes may start at once: the second waits. Returns the names that ran. Throws when a file fails; nothing of it stays then.
 */
export async function migrate(db: Kysely<any>, folder: string, ledger = 'migrations'): Promise<string[]> {
  const { error, results } = await migratorOf(db, folder, ledger).migrateToLatest()
  if (error !== undefined) {
    const reason = error instanceof Error ? error.message : JSON.stringify(error)
    throw new Error(`The migrations in ${folder} failed, and nothing of them stays: ${reason}`, { cause: error })
  }
  return (results ?? []).map((result) => result.migrationName)
}

/** The names of the migrations that this version has and the database lacks. Changes nothing. */
export async function pendingMigrations(db: Kysely<any>, folder: string, ledger = 'migrations'): Promise<string[]> {
  const all = await migratorOf(db, folder, ledger).getMigrations()
  return all.filter((migration) => migration.executedAt === undefined).map((migration) => migration.name)
}

function migratorOf(db: Kysely<any>, folder: string, ledger: string): Migrator {
  return new Migrator({
    db,
    provider: { getMigrations: () => readMigrations(folder) },
    migrationTableName: ledger,
    migrationLockTableName: `${ledger}_lock`,
  })
}

async function readMigrations(folder: string): Promise<Record<string, Migration>> {
  const migrations: Record<string, Migration> = {}
  for (const file of (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted()) {
    const text = await readFile(join(folder, file), 'utf8')
    migrations[file.replace(/\.sql$/, '')] = {
      up: async (tx) => {
        await sql.raw(text).execute(tx)
      },
    }
  }
  return migrations
}
