// Rows of COPY … TO STDOUT in the text format, taken apart in place.
//
// Fields are divided by tabs, a backslash stands before what would be taken for something else, `\N` is null. Fields
// are unescaped inside of the frame, where they only become shorter. Format: PostgreSQL manual, COPY, "Text Format".

import { postgresErrors } from '../errors.js'
import { mostColumns, nullKind, textKind, type TupleView } from '../pgoutput/tuple-view.js'

const tab = 0x09
const lineFeed = 0x0a
const backslash = 0x5c
const capitalN = 0x4e

/** What stands behind a backslash for a byte that is not itself. */
const escapes: Readonly<Record<number, number>> = { 0x62: 8, 0x66: 12, 0x6e: 10, 0x72: 13, 0x74: 9, 0x76: 11 }

/**
 * Sets `row` to the fields between `start` and `end`, a line end there included or not; the bytes are changed. A line
 * of nothing is one empty field. Errors: postgres_protocol_violation.
 */
export function readCopyRow(bytes: Buffer, start: number, end: number, row: TupleView): void {
  const last = end > start && bytes[end - 1] === lineFeed ? end - 1 : end
  row.begin(bytes, 0)
  let at = start
  do {
    at = readField(bytes, at, last, row) + 1
  } while (at <= last)
}

/** Adds the field that begins at `start` and gives where it ends: at a tab, or at `last`. */
function readField(bytes: Buffer, start: number, last: number, row: TupleView): number {
  let at = start
  while (at < last && bytes[at] !== tab && bytes[at] !== backslash) at++
  const column = row.count++
  if (column === row.kinds.length) widen(row)
  row.kinds[column] = textKind
  row.starts[column] = start
  row.ends[column] = at
  if (at === last || bytes[at] === tab) return at
  if (at === start && bytes[at + 1] === capitalN && (at + 2 === last || bytes[at + 2] === tab)) {
    row.kinds[column] = nullKind
    return at + 2
  }
  // Few fields have anything to unescape: only those are written, from the first backslash on.
  let to = at
  while (at < last && bytes[at] !== tab) {
    let byte = bytes[at++]!
    if (byte === backslash && at < last) {
      byte = bytes[at++]!
      byte = escapes[byte] ?? byte
    }
    bytes[to++] = byte
  }
  row.ends[column] = to
  return at
}

function widen(row: TupleView): void {
  const { kinds, starts, ends, bytes, count } = row
  if (count > mostColumns) {
    throw postgresErrors.make('postgres_protocol_violation', `a copied row has more than ${mostColumns} columns`)
  }
  row.begin(bytes, count)
  row.kinds.set(kinds)
  row.starts.set(starts)
  row.ends.set(ends)
}
