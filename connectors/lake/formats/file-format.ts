// What decides about the bytes of a file, besides its records. Remembered with a plan, to make its files again.

import type { FieldReader } from '../bookkeeping.js'
import { columnNames } from './columns.js'
import type { Column } from './columns.js'

export const fileTypes = ['raw', 'ndjson', 'csv', 'parquet'] as const
export type FileType = (typeof fileTypes)[number]

export const compressions = ['none', 'gzip', 'zstd', 'snappy'] as const
export type Compression = (typeof compressions)[number]

/** How change events of a database become rows. */
export const changeForms = ['keep', 'flatten'] as const
export type ChangeForm = (typeof changeForms)[number]

export interface FileFormat {
  readonly type: FileType
  /** Snappy is for tables only. */
  readonly compression: Compression
  /** The compression's own: 1 to 9 for gzip, 1 to 19 for zstd. */
  readonly level: number
  readonly columns: readonly Column[]
  /** For csv: the fields of the value, in the order of the file. */
  readonly fields: readonly string[]
  readonly changes: ChangeForm
}

const extensions: Readonly<Record<FileType, string>> = {
  raw: '.log',
  ndjson: '.ndjson',
  csv: '.csv',
  parquet: '.parquet',
}
/** Of lines: a table is compressed inside. */
const compressionExtensions: Readonly<Record<Compression, string>> = {
  none: '',
  gzip: '.gz',
  zstd: '.zst',
  snappy: '',
}

/** Errors: lake_bookkeeping_malformed. */
export function readFileFormat(reader: FieldReader): FileFormat {
  // Plans of before there was csv and parquet have neither of these.
  const isOf = (name: string): boolean => reader.value(name) !== undefined
  return {
    type: reader.oneOf('type', fileTypes),
    compression: reader.oneOf('compression', compressions),
    level: reader.count('level'),
    columns: reader.textsOf('columns', columnNames),
    fields: isOf('fields') ? reader.texts('fields') : [],
    changes: isOf('changes') ? reader.oneOf('changes', changeForms) : 'keep',
  }
}

/**
 * What is put behind the names of files. `tail` is what a path has behind its last placeholder: with a dot in it, it
 * is an extension of the user's choice, and only that of the compression is made sure of.
 */
export function extensionFor(format: FileFormat, tail: string): string {
  const ofFormat = tail.includes('.') ? '' : extensions[format.type]
  const ofCompression = format.type === 'parquet' ? '' : compressionExtensions[format.compression]
  return ofFormat + (tail.endsWith(ofCompression) ? '' : ofCompression)
}
