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
import type { FileFormat } from './formats/record-format.js'
import { readPathTemplate } from './path-template.js'

const defaultGzipLevel = 6

export const lakeFields = {
  path: text({
    summary:
      'Where files go. Placeholders: {topic} {partition} {first} {last} {pipeline} {sink}, {time:yyyy-MM-dd} (the record’s time, UTC: yyyy MM dd HH mm), and fields of a JSON value such as {level} or {pod.name}. It must hold {partition} and {first}.',
    default: '{topic}/{partition}-{first}',
    example: '{topic}/dt={time:yyyy-MM-dd}/{partition}-{first}-{last}',
  }),
  format: section(
    {
      type: choice(['raw', 'ndjson'], {
        summary: 'raw: the value and a line feed. ndjson: one JSON object a line.',
        default: 'ndjson',
      }),
      compression: choice(['none', 'gzip'], { summary: 'How files are compressed.', default: 'none' }),
      level: optional(
        integer({ summary: `Effort of gzip, 1 to 9; ${defaultGzipLevel} when it is not given.`, min: 1, max: 9 }),
      ),
    },
    { summary: 'What stands in a file.', example: { type: 'ndjson', compression: 'gzip' } },
  ),
  columns: list(choice(columnNames, { summary: 'What a line gets besides the value.' }), {
    summary: 'Adds what a record has besides its value to each line of ndjson, as _key, _headers, _topic, …',
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
  const { type, compression, level } = settings.format
  return { type, compression, level: level ?? defaultGzipLevel, columns: settings.columns }
}

/** The rules that a schema cannot say. */
export function checkLakeSettings(settings: LakeSettings): readonly SettingProblem[] {
  const { format, columns, rotate } = settings
  const problems: SettingProblem[] = []
  for (const message of readPathTemplate(settings.path).problems) problems.push({ path: ['path'], message })
  if (format.compression === 'none' && format.level !== undefined) {
    problems.push({ path: ['format', 'level'], message: 'is for compression "gzip"; this sink has none' })
  }
  if (format.type === 'raw' && columns.length > 0) {
    problems.push({ path: ['columns'], message: 'are members of a line of ndjson; the format of this sink is "raw"' })
  }
  if (new Set(columns).size < columns.length) problems.push({ path: ['columns'], message: 'names a column twice' })
  if (rotate.bytes < 1) problems.push({ path: ['rotate', 'bytes'], message: 'must be at least 1B' })
  if (rotate.age < 1) problems.push({ path: ['rotate', 'age'], message: 'must be at least 1ms' })
  return problems
}
