import { Readable } from 'node:stream'
import { problem } from '@kakilima/contracts/problems'
import { parse } from 'csv-parse'
import type { ReceivedSheet } from './receive-sheet.ts'
import { columnsOf, type Header, readCell, type SheetRow } from './sheet-row.ts'
import { sheetText } from './sheet-text.ts'

/** More than all cells of one product can hold. A quote that nobody closed would make one row of the rest of the file. */
const longestRow = 100_000
const longestHeader = 20_000

export type OpenSheet = {
  header: Header
  /** The rows, read while they are asked for. */
  rows: AsyncIterable<SheetRow>
  /** How many bytes of the file have been read so far. */
  readBytes: () => number
}

/** Reads a sheet up to its first row. Throws `unreadable-csv` where it has no header that says what is in it. */
export async function openSheet(sheet: ReceivedSheet): Promise<OpenSheet> {
  const delimiter = await delimiterOf(sheet)
  let readBytes = 0
  const text = sheetText(sheet)
  const parser = Readable.from(texts()).compose(
    parse({
      delimiter,
      info: true,
      // The lines of rows that cannot be read are told, and the next row is.
      skip_records_with_error: true,
      on_skip: (error) => void skipped.push({ line: Number(error?.lines ?? 0), detail: error?.message ?? '' }),
      relax_column_count: true,
      relax_quotes: true,
      max_record_size: longestRow,
    }),
  ) as unknown as AsyncIterable<{ record: string[]; info: { lines: number } }>
  const skipped: { line: number; detail: string }[] = []

  async function* texts(): AsyncGenerator<string> {
    for await (const part of text) {
      readBytes = part.readBytes
      if (part.text !== '') yield part.text
    }
  }

  const records = parser[Symbol.asyncIterator]()
  let first = await records.next()
  while (!first.done && isEmpty(first.value.record)) first = await records.next()
  if (first.done) throw problem('unreadable-csv', 'The file is empty')
  const header = columnsOf(first.value.record)

  async function* rows(): AsyncGenerator<SheetRow> {
    try {
      for (;;) {
        const { done, value } = await records.next()
        for (const { line, detail } of skipped.splice(0))
          yield { line, cells: {}, error: { column: null, reason: 'unreadable-row', detail } }
        if (done) return
        if (!isEmpty(value.record)) yield rowOf(header, value.record, firstLineOf(value))
      }
    } finally {
      await records.return?.()
    }
  }
  return { header, rows: rows(), readBytes: () => readBytes }
}

function isEmpty(record: string[]): boolean {
  return record.every((cell) => cell.trim() === '')
}

/** Where a row begins: the parser says where it ends. */
function firstLineOf({ record, info }: { record: string[]; info: { lines: number } }): number {
  return info.lines - (record.join('').match(/\r\n|\n|\r/g)?.length ?? 0)
}

function rowOf(header: Header, record: string[], line: number): SheetRow {
  const surplus = record.slice(header.columns.length)
  if (surplus.some((cell) => cell.trim() !== ''))
    return {
      line,
      cells: {},
      error: {
        column: null,
        reason: 'unreadable-row',
        detail: `The row has ${record.length} cells, and the header has ${header.columns.length}`,
      },
    }
  const cells: SheetRow['cells'] = {}
  // A row that ends early says nothing of the columns behind.
  for (const [index, cell] of record.entries()) {
    const column = header.columns[index]
    if (column !== undefined) cells[column] = readCell(cell)
  }
  return { line, cells }
}

/** What stands between the cells of the first line more often than anything else, outside of quotes. */
async function delimiterOf(sheet: ReceivedSheet): Promise<string> {
  let start = ''
  for await (const { text } of sheetText(sheet)) {
    start = (start + text).replace(/^(\s*[\r\n])+/, '')
    if (/[\r\n]/.test(start) || start.length > longestHeader) break
  }
  const line = start.replaceAll(/"[^"]*"/g, '').split(/[\r\n]/, 1)[0]!
  const count = (delimiter: string) => line.split(delimiter).length
  return [',', ';', '\t'].toSorted((one, other) => count(other) - count(one))[0]!
}
