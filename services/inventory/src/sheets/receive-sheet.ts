import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

export type ReceivedSheet = { path: string; bytes: number }

/**
 * Stores a sheet that is sent in a file of its own, which the caller deletes. It is read only when it is here: a browser sends all of it
 * before it reads a word of the answer, and both would wait for each other. Throws what the body does.
 */
export async function receiveSheet(body: Readable): Promise<ReceivedSheet> {
  const path = join(tmpdir(), `kakilima-sheet-${randomUUID()}.csv`)
  const file = createWriteStream(path, { flags: 'wx', mode: 0o600 })
  try {
    await pipeline(body, file)
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  return { path, bytes: file.bytesWritten }
}
