import Type, { type Static } from 'typebox'
import { nullable } from './nullable.ts'

/** What a sheet of products may weigh. */
export const largestSheetBytes = 50 * 1024 * 1024

/** How long a sheet may take to come in. */
export const longestSheetMs = 5 * 60_000

/** How many rows that could not be taken are told one by one. */
export const mostToldErrors = 1000

/** The columns of an export, in its order. An import takes those of them that it can store, in any order. */
export const sheetColumns = [
  'id',
  'sku',
  'name',
  'price',
  'stock',
  'status',
  'category',
  'description',
  'weight_grams',
  'slug',
  'image',
  'reserved',
  'available',
  'updated_at',
] as const

/** How cells are told apart. A file that is read says so itself, by its first line. */
export const Delimiter = Type.Enum([',', ';', '\t'])
export type Delimiter = Static<typeof Delimiter>

export const ExportQuery = Type.Object({ delimiter: Type.Optional(Delimiter) })

const Flag = Type.Boolean({ default: false })
export const ImportQuery = Type.Object({
  dry_run: Type.Optional(Type.Boolean({ ...Flag, description: 'say what would happen, and store nothing' })),
  set_stock: Type.Optional(
    Type.Boolean({ ...Flag, description: 'set the stock of products that are there already, as a count' }),
  ),
})
export type ImportQuery = Static<typeof ImportQuery>

/** Why a row could not be taken. Pages translate these. */
const ImportErrorReason = Type.Enum([
  'unreadable-row',
  'missing',
  'invalid-number',
  'too-long',
  'invalid',
  'product-not-found',
  'sku-not-unique',
  'slug-taken',
  'insufficient-stock',
])
export type ImportErrorReason = Static<typeof ImportErrorReason>

const counts = {
  rows: Type.Integer({ description: 'how many rows were looked at, without the header' }),
  created: Type.Integer(),
  updated: Type.Integer(),
  unchanged: Type.Integer(),
  failed: Type.Integer(),
}

const ImportProgress = Type.Object({
  type: Type.Literal('progress'),
  ...counts,
  total_bytes: Type.Integer(),
  read_bytes: Type.Integer(),
})
const ImportError = Type.Object({
  type: Type.Literal('error'),
  line: Type.Integer({ description: 'where the row begins in the file; the header is line 1' }),
  column: nullable(Type.String()),
  reason: ImportErrorReason,
  detail: Type.String({ description: 'one English sentence' }),
})
export type ImportError = Static<typeof ImportError>
const ImportDone = Type.Object({
  type: Type.Literal('done'),
  ...counts,
  dry_run: Type.Boolean(),
  ignored_columns: Type.Array(Type.String(), { description: 'columns of the file that say nothing here' }),
})
/** In place of `done` where the import could not go on: the database went away, for one. What was stored by then stays. */
const ImportStopped = Type.Object({
  type: Type.Literal('stopped'),
  ...counts,
  problem: Type.String({ examples: ['database-unavailable'] }),
  detail: Type.String(),
})

/** One line of the answer to an import (`application/x-ndjson`). The last one is `done`, or `stopped`. */
export const ImportLine = Type.Union([ImportProgress, ImportError, ImportDone, ImportStopped])
export type ImportLine = Static<typeof ImportLine>
export type ImportCounts = Pick<Static<typeof ImportProgress>, keyof typeof counts>
