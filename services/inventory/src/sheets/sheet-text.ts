import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { problem } from '@kakilima/contracts/problems'
import type { ReceivedSheet } from './receive-sheet.ts'

/** A sheet's text, some at a time, each with how many bytes of the file have been read by then. */
export type SheetText = AsyncGenerator<{ text: string; readBytes: number }>

const unknownEncoding = () =>
  problem('unreadable-csv', 'The file is neither UTF-8 nor UTF-16: save it as "CSV UTF-8" and send that')

/** Reads a sheet's text, whatever of UTF-8 and UTF-16 it is in (Excel calls that "Unicode text"). Throws `unreadable-csv` otherwise. */
export async function* sheetText({ path }: ReceivedSheet): SheetText {
  const decoder = new TextDecoder(await encodingOf(path), { fatal: true })
  let readBytes = 0
  const decode = (bytes?: Buffer) => {
    try {
      return bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true })
    } catch (error) {
      if (error instanceof TypeError) throw unknownEncoding()
      throw error
    }
  }
  for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) {
    readBytes += bytes.length
    yield { text: decode(bytes), readBytes }
  }
  yield { text: decode(), readBytes }
}

/** Reads all of a sheet once, so that it is refused as a whole before anything of it is stored. Throws `unreadable-csv`. */
export async function requireText(sheet: ReceivedSheet): Promise<void> {
  for await (const { text } of sheetText(sheet))
    if (text.includes('\0')) throw problem('unreadable-csv', 'The file has NUL characters in it: it is no CSV file')
}

async function encodingOf(path: string): Promise<string> {
  await using file = await open(path)
  const { buffer } = await file.read(Buffer.alloc(2), 0, 2, 0)
  if (buffer[0] === 0xff && buffer[1] === 0xfe) return 'utf-16le'
  return buffer[0] === 0xfe && buffer[1] === 0xff ? 'utf-16be' : 'utf-8'
}
