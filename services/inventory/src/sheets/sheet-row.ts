import type { ProductInput } from '@kakilima/contracts/inventory'
import { problem } from '@kakilima/contracts/problems'
import { type ImportError, sheetColumns } from '@kakilima/contracts/product-sheets'

type Column = (typeof sheetColumns)[number]
export type RowError = Pick<ImportError, 'column' | 'reason' | 'detail'>

/** A row of a sheet: its cells by their columns, as text. `error` where it could not be read. */
export type SheetRow = { line: number; cells: { [Name in Column]?: string }; error?: RowError }

/** What the columns of a sheet are, `undefined` for one that says nothing here. */
export type Header = { columns: (Column | undefined)[]; ignored: string[] }

/** Which product a row means, and what it says of it. A field that the row leaves open is not there. */
export type ProductFields = { id?: number; fields: Partial<ProductInput> }

/** What an export has and nobody can set. */
const onlyShown: readonly Column[] = ['reserved', 'available', 'updated_at']

/** Reads the first row of a sheet. Throws `unreadable-csv` where it does not say what the products are. */
export function columnsOf(record: string[]): Header {
  const names = record.map((name) => name.trim().toLowerCase())
  const columns = names.map((name) => sheetColumns.find((column) => column === name))
  const twice = columns.find((column, index) => column !== undefined && columns.indexOf(column) !== index)
  if (twice !== undefined) throw problem('unreadable-csv', `The first line names the column ${twice} twice`)
  if (!columns.some((column) => column === 'id' || column === 'sku' || column === 'name'))
    throw problem('unreadable-csv', 'The first line must name the columns, and one of them must be name, sku or id')
  return {
    columns: columns.map((column) => (column !== undefined && onlyShown.includes(column) ? undefined : column)),
    ignored: record.filter((name, index) => columns[index] === undefined && name.trim() !== ''),
  }
}

const formula = String.raw`[=+\-@\t\r\uFF1D\uFF0B\uFF0D\uFF20]`
const apostrophes = new RegExp(`^'+${formula}`)

/** A text as a cell may hold it that is read by `readCell` as what it was. What begins as a formula gets its apostrophe elsewhere. */
export function writeCell(text: string): string {
  return apostrophes.test(text) ? `'${text}` : text
}

/** What a cell says: without the apostrophe that keeps a text from being a formula. */
export function readCell(text: string): string {
  return apostrophes.test(text) ? text.slice(1) : text
}

const wholeNumber = /^\d{1,15}$/

/** What a row says of its product, before anything is known of that. Of an empty cell it depends on the column what it says. */
export function fieldsOf({ cells, error }: SheetRow): ProductFields | RowError {
  if (error !== undefined) return error
  const { id = '', name, price, stock, status, sku, category, description, weight_grams, slug, image } = cells
  const numbers = { id, price, stock, weight_grams }
  for (const [column, cell = ''] of Object.entries(numbers))
    if (cell.trim() !== '' && !wholeNumber.test(cell.trim()))
      return { column, reason: 'invalid-number', detail: `${column} is no whole number: write it without separators` }
  for (const [column, cell] of Object.entries({ name, price }))
    if (cell?.trim() === '') return { column, reason: 'missing', detail: `${column} is missing` }

  const emptyAsNull = (cell: string | undefined) => (cell === undefined ? undefined : cell === '' ? null : cell)
  const emptyAsOpen = (cell: string | undefined) => cell?.trim() || undefined
  const number = (cell: string | undefined) => (emptyAsOpen(cell) === undefined ? undefined : Number(cell))
  const fields = {
    name,
    price: number(price),
    stock: number(stock),
    status: emptyAsOpen(status)?.toLowerCase(),
    slug: emptyAsOpen(slug),
    sku: emptyAsNull(sku),
    category: category === undefined ? undefined : (emptyAsOpen(category) ?? null),
    description,
    weight_grams: weight_grams === undefined ? undefined : (number(weight_grams) ?? null),
    image: emptyAsNull(image),
  }
  const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
  const own = number(id)
  return { ...(own !== undefined && { id: own }), fields: given }
}
