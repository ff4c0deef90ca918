import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { placeFor } from '@kakilima/embedded-postgres/embedded-postgres'
import { makeFolder } from '@kakilima/embedded-postgres/postgres-account'
import { sentenceOf } from './report-failure.ts'

export type DataFolder = {
  folder: string
  /** Why it is another than the one asked for, if it is. */
  moved: string | undefined
}

/** Makes the folder of the shop's data: elsewhere when the account that runs the embedded PostgreSQL can't reach the wanted one. */
export async function prepareDataFolder(wanted: string, holdsPostgres: boolean): Promise<DataFolder> {
  const { folder, moved } = holdsPostgres ? placeFor(wanted) : { folder: wanted, moved: false }
  await makeWritableFolder(folder, 'KAKILIMA_DATA')
  return {
    folder,
    moved: moved ? `PostgreSQL does not run as root, and its account cannot enter ${wanted}` : undefined,
  }
}

/** Makes a folder, or throws a sentence that names the variable which moves it elsewhere. */
export async function makeWritableFolder(folder: string, variable: string): Promise<void> {
  try {
    makeFolder(folder)
    await access(folder, constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new Error(
      `The folder ${folder} cannot be written (${sentenceOf(error)}): let this account write there, or name another in ${variable}.`,
      { cause: error },
    )
  }
}
