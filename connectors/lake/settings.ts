// The settings that every lake has, wherever its files go.

import {
  choice,
  duration,
  integer,
  list,
  optional,
  section,
  size,
  text,
  type SettingsOf,
} from '../../core/connector/fields.js'
import type { SettingProblem } from '../../core/connector/declaration.js'
import { columnNames } from './formats/columns.js'
import { lineCompressions, lineTypes } from './formats/file-format.js'
import type { FileFormat } from './formats/file-format.js'
import { readPathTemplate } from './path-template.js'

const defaultLevels: Readonly<Record<FileFormat['compression'], number>> = { none: 0, gzip: 6, zstd: 3 }
const mostLevels: Readonly<Record<FileFormat['compression'], number>> = { none: 0, gzip: 9, zstd: 19 }

export const lakeFields = {
  path: text({
    summary:
      'Where files go. Placeholders: {topic} {partition} {first} {last} {pipeline} {sink}, {time:yyyy-MM-dd} (the record’s time, UTC: yyyy MM dd HH mm), and fields of a JSON value such as {level} or {pod.name}. It must hold {partition} and {first}.',
    default: '{topic}/{partition}-{first}',
    example: '{topic}/dt={time:yyyy-MM-dd}/{partition}-{first}-{last}',
  }),
  format: section(
    {
      type: choice(lineTypes, {
        summary:
          'raw: the value and a line feed. ndjson: one JSON object a line. csv: a header, then a line for each record.',
        default: 'ndjson',
      }),
      compression: choice(lineCompressions, { summary: 'How files are compressed.', default: 'none' }),
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
    },
    { summary: 'What stands in a file.', example: { type: 'ndjson', compression: 'gzip' } },
  ),
  columns: list(choice(columnNames, { summary: 'What a line gets besides the value.' }), {
    summary: 'Adds what a record has besides its value to each line of ndjson or csv, as _key, _headers, _topic, …',
    default: [],
    example: ['key', 'offset', 'time'],
  }),
  rotate: section(
    {
      bytes: size({ summary: 'A file of this size is complete.', default: 128 * 1024 ** 2 }),
      records: integer({
        summary: 'So many records, over all files of a partition, are complete.',
        default: 1_000_000,
        min: 1,
        max: 1_000_000_000,
      }),
      age: duration({ summary: 'Files appear this long after their first record at the latest.', default: 600_000 }),
    },
    { summary: 'When files are complete and appear under their names.', example: { bytes: '64MiB', age: '1m' } },
  ),
}

export type LakeSettings = SettingsOf<typeof lakeFields>

/** What decides about the bytes of files. */
export function fileFormatOf(settings: LakeSettings): FileFormat {
  const { type, compression, level, fields } = settings.format
  return { type, compression, level: level ?? defaultLevels[compression], columns: settings.columns, fields }
}

/** The rules that a schema cannot say. */
export function checkLakeSettings(settings: LakeSettings): readonly SettingProblem[] {
  const { format, columns, rotate } = settings
  const problems: SettingProblem[] = []
  for (const message of readPathTemplate(settings.path).problems) problems.push({ path: ['path'], message })
  problems.push(...formatProblems(format))
  if (format.type === 'raw' && columns.length > 0) {
    problems.push({ path: ['columns'], message: 'are for ndjson and csv; the format of this sink is "raw"' })
  }
  if (new Set(columns).size < columns.length) problems.push({ path: ['columns'], message: 'names a column twice' })
  if (rotate.bytes < 1) problems.push({ path: ['rotate', 'bytes'], message: 'must be at least 1B' })
  if (rotate.age < 1) problems.push({ path: ['rotate', 'age'], message: 'must be at least 1ms' })
  return problems
}

function formatProblems({ type, compression, level, fields }: LakeSettings['format']): readonly SettingProblem[] {
  const problems: SettingProblem[] = []
  const complain = (setting: string, message: string): void => {
    problems.push({ path: ['format', setting], message })
  }
  if (level !== undefined && compression === 'none') complain('level', 'is for a compression; this sink has none')
  else if (level !== undefined && level > mostLevels[compression]) {
    complain('level', `is ${level}; ${compression} goes up to ${mostLevels[compression]}`)
  }
  if (type === 'csv' && fields.length === 0) complain('fields', 'must name the fields that become columns of the csv')
  if (type !== 'csv' && fields.length > 0) complain('fields', `is for csv; the format of this sink is "${type}"`)
  if (new Set(fields).size < fields.length) complain('fields', 'names a field twice')
  return problems
}
