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
import { namesProblem } from './compact/file-names.js'
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
  compact: optional(
    section(
      {
        below: size({ summary: 'Smaller files are merged.', default: 16 * 1024 ** 2 }),
        to: size({ summary: 'What they become has at most so many bytes.', default: 128 * 1024 ** 2 }),
        after: duration({ summary: 'Files are left alone for so long after they appeared.', default: 3_600_000 }),
        every: duration({ summary: 'How long after a pass over the lake the next one begins.', default: 3_600_000 }),
      },
      {
        summary:
          'Merges the small files of a partition and a folder into larger ones. Readers may see rows of files twice while one takes their place, and never miss one.',
        example: { after: '1d' },
      },
    ),
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
  problems.push(...compactProblems(settings))
  if (rotate.age < 1) problems.push({ path: ['rotate', 'age'], message: 'must be at least 1ms' })
  return problems
}

/** Each file is read whole. */
const mostBelowBytes = 128 * 1024 ** 2

function compactProblems({ compact, format, path }: LakeSettings): readonly SettingProblem[] {
  if (compact === undefined) return []
  const problems: SettingProblem[] = []
  const { below, to } = compact
  if (format.type === 'csv')
    problems.push({ path: ['compact'], message: 'is not for csv: each file begins with a header' })
  if (below < 1 || below > mostBelowBytes) {
    problems.push({ path: ['compact', 'below'], message: 'must be from 1B to 128MiB' })
  } else if (to < 2 * below) problems.push({ path: ['compact', 'to'], message: 'must be at least twice "below"' })
  const problem = namesProblem(readPathTemplate(path).template)
  if (problem !== undefined) problems.push({ path: ['path'], message: `${problem}, or "compact" has to go` })
  return problems
}
