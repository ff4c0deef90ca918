import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { problem } from '@kakilima/contracts/problems'
import { largestSheetBytes } from '@kakilima/contracts/product-sheets'

export type ReceivedSheet = { path: string; bytes: number }

/**
 * Stores a sheet that is sent in a file of its own, which the caller deletes. It is read only when it is here: a browser sends all of it
 * before it reads a word of the answer, and both would wait for each other. Throws `payload-too-large`.
 */
export async function receiveSheet(body: Readable): Promise<ReceivedSheet> {
  const path = join(tmpdir(), `kakilima-sheet-${randomUUID()}.csv`)
  let bytes = 0
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > largestSheetBytes) throw tooLarge()
      yield chunk
    }
  }
  try {
    await pipeline(counted, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  return { path, bytes }
}

export function tooLarge() {
  return problem('payload-too-large', `The file is larger than ${largestSheetBytes / 2 ** 20} MB: split it`)
}
