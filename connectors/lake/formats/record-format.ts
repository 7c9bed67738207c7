// How records become lines: the contract of a format, and the choice among them.

import { InvariantError } from '../../../core/errors/invariant.js'
import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Block } from './block.js'
import { CsvFormat } from './csv.js'
import type { FileFormat } from './file-format.js'
import { NdjsonFormat } from './ndjson.js'
import { RawFormat } from './raw.js'

export interface RecordFormat {
  /** What each file begins with; undefined for nothing. */
  readonly opening: Buffer | undefined
  /** Appends the record under the cursor. False when there is no room, and then nothing changed. Takes every record. */
  append(cursor: RecordCursor, into: Block): boolean
}

export interface RecordOrigin {
  readonly topic: string
  readonly partition: number
}

/** A format is used by one partition: it may keep what its records have in common. */
export function recordFormat(format: FileFormat, origin: RecordOrigin): RecordFormat {
  switch (format.type) {
    case 'raw':
      return new RawFormat()
    case 'ndjson':
      return new NdjsonFormat(format.columns, origin)
    case 'csv':
      return new CsvFormat(format, origin)
    case 'parquet':
      throw new InvariantError('a table has no lines')
  }
}
