// Format raw: a record's value, as it is, and a line feed. A record without a value gives an empty line, so that the
// lines of a file are its records. A value that holds line feeds gives several lines.

import { copyBytes } from '../../../core/bytes/copy-bytes.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Block } from './block.js'
import type { RecordFormat } from './record-format.js'

const lineFeed = 0x0a

export class RawFormat implements RecordFormat {
  readonly opening = undefined

  append(cursor: RecordCursor, into: Block): boolean {
    // Without a value both are -1.
    const valueBytes = cursor.valueEnd - cursor.valueStart
    const { bytes, used } = into
    if (used + valueBytes + 1 > bytes.length) return false
    const end = copyBytes(bytes, used, cursor.bytes, cursor.valueStart, cursor.valueEnd)
    bytes[end] = lineFeed
    into.used = end + 1
    return true
  }
}
