import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * The secret that a shop on one machine signs its tokens with: made at the first start and kept beside the data, so that nobody is
 * signed out by a restart. Production names its own in JWT_SECRETS.
 */
export async function keptTokenSecret(dataFolder: string): Promise<string> {
  const file = join(dataFolder, 'jwt-secret')
  try {
    // Fails where the file is there, so that of two starts only one makes it.
    await writeFile(file, `${randomBytes(48).toString('base64url')}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const secret = (await readFile(file, 'utf8')).trim()
  if (secret === '') throw new Error(`The file ${file} is empty: remove it, and everybody signs in again.`)
  return secret
}
