// How records become the bytes of a file: the contract of a format, and the choice among them.

import type { RecordCursor } from '../../../core/record/record-cursor.js'
import type { Block } from './block.js'
import type { Column } from './columns.js'
import { NdjsonFormat } from './ndjson.js'
import { RawFormat } from './raw.js'

export type FormatType = 'raw' | 'ndjson'
export type Compression = 'none' | 'gzip'

/** All that decides about the bytes of a file, besides its records. Remembered with a plan, to make its files again. */
export interface FileFormat {
  readonly type: FormatType
  readonly compression: Compression
  /** 1 to 9, for gzip. */
  readonly level: number
  readonly columns: readonly Column[]
}

export interface RecordFormat {
  /** Appends the record under the cursor. False when there is no room, and then nothing changed. Takes every record. */
  append(cursor: RecordCursor, into: Block): boolean
}

export interface RecordOrigin {
  readonly topic: string
  readonly partition: number
}

/** A format is used by one partition: it may keep what its records have in common. */
export function recordFormat(format: FileFormat, origin: RecordOrigin): RecordFormat {
  return format.type === 'raw' ? new RawFormat() : new NdjsonFormat(format.columns, origin)
}

/**
 * What is put behind the names of files. `tail` is what a path has behind its last placeholder: with a dot in it, it
 * is an extension of the user's choice, and only that of the compression is made sure of.
 */
export function extensionFor(format: FileFormat, tail: string): string {
  const ofFormat = tail.includes('.') ? '' : format.type === 'raw' ? '.log' : '.ndjson'
  const ofCompression = format.compression === 'gzip' && !tail.endsWith('.gz') ? '.gz' : ''
  return ofFormat + ofCompression
}
