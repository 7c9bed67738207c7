// What decides about the bytes of a file, besides its records. Remembered with a plan, to make its files again.

import type { FieldReader } from '../bookkeeping.js'
import { columnNames } from './columns.js'
import type { Column } from './columns.js'

export const lineTypes = ['raw', 'ndjson', 'csv'] as const
export const lineCompressions = ['none', 'gzip', 'zstd'] as const

export interface FileFormat {
  readonly type: (typeof lineTypes)[number]
  readonly compression: (typeof lineCompressions)[number]
  /** The compression's own: 1 to 9 for gzip, 1 to 19 for zstd. */
  readonly level: number
  readonly columns: readonly Column[]
  /** For csv: the fields of the value, in the order of the file. */
  readonly fields: readonly string[]
}

const extensions: Readonly<Record<FileFormat['type'], string>> = { raw: '.log', ndjson: '.ndjson', csv: '.csv' }
const compressionExtensions: Readonly<Record<FileFormat['compression'], string>> = {
  none: '',
  gzip: '.gz',
  zstd: '.zst',
}

/** Errors: lake_bookkeeping_malformed. */
export function readFileFormat(fields: FieldReader): FileFormat {
  return {
    type: fields.oneOf('type', lineTypes),
    compression: fields.oneOf('compression', lineCompressions),
    level: fields.count('level'),
    columns: fields.textsOf('columns', columnNames),
    // Plans of before there was csv have none.
    fields: fields.value('fields') === undefined ? [] : fields.texts('fields'),
  }
}

/**
 * What is put behind the names of files. `tail` is what a path has behind its last placeholder: with a dot in it, it
 * is an extension of the user's choice, and only that of the compression is made sure of.
 */
export function extensionFor(format: FileFormat, tail: string): string {
  const ofFormat = tail.includes('.') ? '' : extensions[format.type]
  const ofCompression = compressionExtensions[format.compression]
  return ofFormat + (tail.endsWith(ofCompression) ? '' : ofCompression)
}
