import { Readable } from 'node:stream'
import { stringify } from 'csv-stringify/sync'
import type { FastifyReply } from 'fastify'

export type CsvOptions<Row> = {
  /** What a browser calls the file that it saves: `orders.csv`. */
  fileName: string
  /** The names of the columns, as they stand in the first line, with what each holds of a row. */
  columns: Record<string, (row: Row) => string | number | boolean | null>
  /** What stands between two cells, a comma unless given. */
  delimiter?: string
  /** The rows, some at a time. No more of them are asked for than the reader takes. */
  pages: AsyncIterable<Row[]>
}

const style = {
  // A text that begins as a formula does is put behind an apostrophe.
  escape_formulas: true,
  record_delimiter: 'windows' as const,
  // By itself it quotes what holds the whole end of a line and not half of one.
  quoted_match: /[\r\n]/,
  cast: { boolean: String },
}
/** Says that it is UTF-8. */
const mark = '\uFEFF'

/**
 * Answers with a CSV file that programs for tables open as it is: UTF-8 with its mark, so that they don't guess, CRLF at the ends of
 * lines, and nothing in it that they would run as a formula. It is sent while it is made. What fails before the first page is an answer
 * of its own; what fails later cuts the connection, so that nobody takes a part for the whole.
 */
export async function csvAnswer<Row>(
  reply: FastifyReply,
  { fileName, columns, delimiter = ',', pages }: CsvOptions<Row>,
): Promise<FastifyReply> {
  const values = Object.values(columns)
  const linesOf = (rows: Row[]) =>
    stringify(
      rows.map((row) => values.map((valueOf) => valueOf(row))),
      { ...style, delimiter },
    )
  const iterator = pages[Symbol.asyncIterator]()
  let page = await iterator.next()

  async function* file(): AsyncGenerator<string> {
    try {
      yield mark + stringify([Object.keys(columns)], { ...style, delimiter })
      for (; page.done !== true; page = await iterator.next()) yield linesOf(page.value)
    } finally {
      // Where the reader goes away in the middle, whoever makes the pages is told to stop.
      await iterator.return?.()
    }
  }

  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${fileName}"`)
    .send(Readable.from(file(), { highWaterMark: 1 }))
}
