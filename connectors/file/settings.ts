// The settings of a file source: what stands in the pipeline file, its defaults and what each means.

import {
  choice,
  duration,
  type Fields,
  flag,
  integer,
  list,
  optional,
  section,
  type SettingsOf,
  size,
  text,
} from '../../core/connector/fields.js'

const multilineFields = {
  preset: optional(
    choice(['java', 'python', 'go', 'node', 'ruby'], {
      summary: 'Joins the stack traces of a language. Not together with start or continuation.',
      example: 'java',
    }),
  ),
  start: optional(
    text({
      summary: 'A regular expression (RE2): a line that it matches begins a record, every other line continues one.',
      example: '^\\d{4}-\\d{2}-\\d{2}',
    }),
  ),
  continuation: optional(
    text({
      summary: 'A regular expression (RE2): a line that it matches continues the record before it.',
      example: '^\\s',
    }),
  ),
  timeout: duration({
    summary: 'A record whose end is not known yet is taken as it is after this long without another line.',
    default: 1000,
  }),
  maxLines: integer({
    summary: 'A record of more lines is split; what follows carries the header `continued`.',
    default: 500,
    min: 2,
    max: 100_000,
  }),
} satisfies Fields

const encodings = [
  'utf-8',
  'utf-16',
  'utf-16le',
  'utf-16be',
  'latin1',
  'iso-8859-2',
  'iso-8859-5',
  'iso-8859-15',
  'windows-1250',
  'windows-1251',
  'windows-1252',
  'windows-1253',
  'windows-1254',
  'windows-1256',
  'koi8-r',
  'cp866',
  'windows-874',
  'gbk',
  'gb18030',
  'big5',
  'shift_jis',
  'euc-jp',
  'euc-kr',
] as const

export const fileFields = {
  include: list(text({ summary: 'A glob: `*`, `?`, `[a-z]`, `{a,b}` and `**` for any depth.' }), {
    summary: 'Which files are read. Relative globs start at the folder of the pipeline file.',
    example: ['/var/log/app/**/*.log'],
    minItems: 1,
  }),
  exclude: list(text({ summary: 'A glob; one without a slash, or that begins with `**`, holds in every directory.' }), {
    summary: 'Which of them are not read. An excluded directory is not looked into.',
    default: [],
    example: ['**/*.tmp'],
  }),
  startAt: choice(['beginning', 'end'], {
    summary: 'Where to begin in files that exist at the very first start; later ones are read from their beginning.',
    default: 'beginning',
  }),
  ignoreOlder: optional(
    duration({
      summary: 'Files that were last modified longer ago than this when first seen are not read until they change.',
      example: '7d',
    }),
  ),
  multiline: optional(section(multilineFields, { summary: 'Joins several lines into one record.' })),
  encoding: choice(encodings, {
    summary: 'How the text is encoded; values leave as UTF-8. A byte order mark in a file wins over it.',
    default: 'utf-8',
  }),
  delimiter: text({
    summary: 'What ends a line. With a line feed, a carriage return before it belongs to the line end.',
    default: '\n',
  }),
  maxLine: size({ summary: 'The longest value, in bytes of UTF-8.', default: 1024 * 1024 }),
  onLongLine: choice(['truncate', 'split', 'dead-letter'], {
    summary: 'What becomes of a longer line: cut with the header `truncated`, split into records, or dead letters.',
    default: 'truncate',
  }),
  partialLine: duration({
    summary: 'A last line without an end is taken after this long without growth.',
    default: 5000,
  }),
  metadata: list(choice(['host', 'position', 'line'], { summary: 'A header of each record.' }), {
    summary: 'What goes along as headers: the host name, the position of the record in its file, the line number.',
    default: [],
    example: ['host', 'line'],
  }),
  followOutside: flag({
    summary: 'Symbolic links that lead out of the fixed root of an include are followed.',
    default: false,
  }),
  watch: choice(['auto', 'poll'], {
    summary: 'Notifications of the system as a hint, or the rescan alone (for network file systems).',
    default: 'auto',
  }),
  rescan: duration({
    summary: 'How often the directories are looked through; this finds everything that a notification missed.',
    default: 1000,
  }),
  deleteAfter: optional(
    duration({
      summary: 'Files are removed this long after their last change, once all of their records are durable.',
      example: '1h',
    }),
  ),
} satisfies Fields

export type FileSettings = SettingsOf<typeof fileFields>
export type MultilineSettings = NonNullable<FileSettings['multiline']>

/** undefined for a line feed, before which a carriage return belongs to the line end. */
export function delimiterOf(settings: Pick<FileSettings, 'delimiter'>): string | undefined {
  return settings.delimiter === '\n' ? undefined : settings.delimiter
}
