// The settings of what stands in a lake's files, and what a schema cannot say about them.

import type { SettingProblem } from '../../core/connector/declaration.js'
import {
  choice,
  type Field,
  integer,
  list,
  optional,
  section,
  text,
  type SettingsOf,
} from '../../core/connector/fields.js'
import type { Column } from './formats/columns.js'
import { readGivenSchema, SchemaMistake } from './rows/given-schema.js'
import { changeForms, compressions, fileTypes } from './formats/file-format.js'
import type { Compression, FileFormat, FileType } from './formats/file-format.js'

const defaultLevels: Readonly<Record<Compression, number>> = { none: 0, gzip: 6, zstd: 3, snappy: 0 }
const mostLevels: Readonly<Record<Compression, number>> = { none: 0, gzip: 9, zstd: 19, snappy: 0 }

export type JsonSchemaText = Readonly<Record<string, unknown>>

function inlineSchema(): Field<JsonSchemaText> {
  const summary = 'For parquet: the columns, as the JSON Schema of a value. Left out, they follow from the records.'
  return {
    summary,
    schema: { description: summary, type: 'object' },
    defaultText: undefined,
    example: { properties: { level: { type: 'string' }, at: { type: 'string', format: 'date-time' } } },
    required: true,
    secret: false,
    read: (raw) => raw as JsonSchemaText,
  }
}

const formatFields = {
  type: choice(fileTypes, {
    summary:
      'raw: the value and a line feed. ndjson: one JSON object a line. csv: a header, then a line for each record. parquet: a table with typed columns.',
    default: 'ndjson',
  }),
  compression: optional(
    choice(compressions, {
      summary: 'How files are compressed; zstd for parquet and none for others when it is not given.',
    }),
  ),
  level: optional(
    integer({
      summary: `Effort of the compression: gzip 1 to 9 (${defaultLevels.gzip} when it is not given), zstd 1 to 19 (${defaultLevels.zstd}).`,
      min: 1,
      max: mostLevels.zstd,
    }),
  ),
  fields: list(text({ summary: 'A field of the value, such as level or pod.name.' }), {
    summary: 'For csv: the fields of the value that become columns of the file, in their order.',
    default: [],
    example: ['time', 'level', 'message'],
  }),
  schema: optional(inlineSchema()),
  schemaFile: optional(
    text({ summary: 'Or the file with that schema, relative to the pipeline file.', example: 'orders.schema.json' }),
  ),
  changes: choice(changeForms, {
    summary:
      'For parquet of change events. keep: columns as the event has them (op, before, after, …). flatten: the columns of the row, with _op, _lsn and their like.',
    default: 'keep',
  }),
}

export const formatField = section(formatFields, {
  summary: 'What stands in a file.',
  example: { type: 'ndjson', compression: 'gzip' },
})

export type FormatSettings = SettingsOf<typeof formatFields>

/** What decides about the bytes of files. */
export function fileFormatOf(settings: FormatSettings, columns: readonly Column[]): FileFormat {
  const { type, level, fields, changes } = settings
  const compression = settings.compression ?? (type === 'parquet' ? 'zstd' : 'none')
  return { type, compression, level: level ?? defaultLevels[compression], columns, fields, changes }
}

/** Which records files of this format cannot hold; undefined when they hold every one. */
export function unfitRecords({ type }: FormatSettings): string | undefined {
  return type === 'parquet' ? 'records that do not fit the columns of their table' : undefined
}

export function formatProblems(settings: FormatSettings): readonly SettingProblem[] {
  const { type, level, fields, schema, schemaFile, changes } = settings
  const { compression } = fileFormatOf(settings, [])
  const problems: SettingProblem[] = []
  const complain = (setting: string, message: string): void => {
    problems.push({ path: ['format', setting], message })
  }
  const isFor = (setting: string, of: FileType): void => {
    if (type !== of) complain(setting, `is for ${of}; the format of this sink is "${type}"`)
  }
  if (compression === 'snappy') isFor('compression', 'parquet')
  if (level !== undefined && mostLevels[compression] === 0) {
    complain('level', `is for gzip and zstd; the compression of this sink is ${compression}`)
  } else if (level !== undefined && level > mostLevels[compression]) {
    complain('level', `is ${level}; ${compression} goes up to ${mostLevels[compression]}`)
  }
  if (type === 'csv' && fields.length === 0) complain('fields', 'must name the fields that become columns of the csv')
  if (fields.length > 0) isFor('fields', 'csv')
  if (new Set(fields).size < fields.length) complain('fields', 'names a field twice')
  if (schema !== undefined) {
    isFor('schema', 'parquet')
    const table = readGivenSchema(schema)
    if (table instanceof SchemaMistake) {
      problems.push({ path: ['format', 'schema', ...table.path], message: table.message })
    }
  }
  if (schemaFile !== undefined) isFor('schemaFile', 'parquet')
  if (schema !== undefined && schemaFile !== undefined) complain('schemaFile', 'says what "schema" says: give one')
  if (changes !== 'keep') isFor('changes', 'parquet')
  return problems
}
