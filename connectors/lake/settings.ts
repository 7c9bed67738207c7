// The settings that every lake has, wherever its files go.

import { choice, duration, integer, list, section, size, text, type SettingsOf } from '../../core/connector/fields.js'
import type { SettingProblem } from '../../core/connector/declaration.js'
import { columnNames } from './formats/columns.js'
import { formatField, formatProblems } from './format-settings.js'
import { readPathTemplate } from './path-template.js'

export const lakeFields = {
  path: text({
    summary:
      'Where files go. Placeholders: {topic} {partition} {first} {last} {pipeline} {sink}, {time:yyyy-MM-dd} (the record’s time, UTC: yyyy MM dd HH mm), and fields of a JSON value such as {level} or {pod.name}. It must hold {partition} and {first}.',
    default: '{topic}/{partition}-{first}',
    example: '{topic}/dt={time:yyyy-MM-dd}/{partition}-{first}-{last}',
  }),
  format: formatField,
  columns: list(choice(columnNames, { summary: 'What a line or row gets besides the value.' }), {
    summary:
      'Adds what a record has besides its value to each line of ndjson or csv, and to each row, as _key, _headers, …',
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

/** The rules that a schema cannot say. */
export function checkLakeSettings(settings: LakeSettings): readonly SettingProblem[] {
  const { format, columns, rotate } = settings
  const problems: SettingProblem[] = []
  for (const message of readPathTemplate(settings.path).problems) problems.push({ path: ['path'], message })
  problems.push(...formatProblems(format))
  if (format.type === 'raw' && columns.length > 0) {
    problems.push({ path: ['columns'], message: 'are not for files of raw values' })
  }
  if (new Set(columns).size < columns.length) problems.push({ path: ['columns'], message: 'names a column twice' })
  if (rotate.bytes < 1) problems.push({ path: ['rotate', 'bytes'], message: 'must be at least 1B' })
  if (rotate.age < 1) problems.push({ path: ['rotate', 'age'], message: 'must be at least 1ms' })
  return problems
}
