// A text that is one row of CSV (csv-rows.ts) as an object.

import { CsvRows } from './csv-rows.js'
import { emptyObject, type Parsed, ParseFailure } from './parsed.js'

/** A text for each column. Failure: `syntax` at 0 for what is no row, more than one, or one of another number of fields. */
export function parseCsvRow(text: string, columns: readonly string[], separator: string): Parsed {
  const rows = new CsvRows(text, separator)
  if (!rows.next() || rows.fault !== undefined || rows.fields.length !== columns.length) return failure()
  const object = emptyObject()
  for (const [index, name] of columns.entries()) object[name] = rows.fields[index]!
  return rows.next() ? failure() : object
}

function failure(): ParseFailure {
  return new ParseFailure('syntax', 0)
}
