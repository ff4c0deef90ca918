import { openSync, writeSync } from 'node:fs'
import { join } from 'node:path'

export type ShopLog = { file: string; destination: { write: (line: string) => void } }

/** `error` as pino numbers it; `fatal` is above. */
const errorLevel = 50

/** One log for all services: JSON lines in a file, and in short on stderr what somebody should see at once. */
export function openShopLog(dataFolder: string): ShopLog {
  const file = join(dataFolder, 'kakilima.log')
  const descriptor = openSync(file, 'a')

  function write(line: string): void {
    const entry = JSON.parse(line) as { level: number; service: string; msg?: string; err?: { message: string } }
    if (entry.level >= errorLevel)
      console.error([entry.service, entry.msg, entry.err?.message].filter((part) => part !== undefined).join(': '))
    try {
      writeSync(descriptor, line)
    } catch (error) {
      // A full disk must not end a shop that can still answer, and the line is not lost without a word.
      process.stderr.write(`${file} cannot be written (${String(error)}): ${line}`)
    }
  }
  return { file, destination: { write } }
}
