// The formats that `parse` reads, on sources and as a step, and which of its settings belong to which: for the settings of
// files.

import { list, optional, text } from '../../connector/fields.js'

export const parseFormats = [
  'json',
  'logfmt',
  'regex',
  'csv',
  'syslog',
  'cri',
  'docker-json',
  'klog',
  'access',
] as const

export type ParseFormat = (typeof parseFormats)[number]

/** What a format asks for besides its name. */
export const parseFormatFields = {
  pattern: optional(
    text({
      summary: 'For "regex": its named groups become the fields (linear time, no back references).',
      example: '^(?<level>\\w+) (?<message>.*)$',
    }),
  ),
  columns: list(text({ summary: 'The name of a field.' }), {
    summary: 'For "csv": what its fields are called, in their order.',
    default: [],
    example: ['time', 'level', 'message'],
  }),
  separator: text({ summary: 'For "csv": the character between fields.', default: ',', example: ';' }),
}

export interface FormatSettings {
  readonly format: ParseFormat
  readonly pattern: string | undefined
  readonly columns: readonly string[]
  readonly separator: string
}

/** Settings that a format needs, or that belong to another one. */
export function parseFormatProblems({
  format,
  pattern,
  columns,
  separator,
}: FormatSettings): readonly { readonly path: readonly string[]; readonly message: string }[] {
  const problems: { readonly path: readonly string[]; readonly message: string }[] = []
  const complain = (path: readonly string[], message: string): void => void problems.push({ path, message })
  if (format === 'regex' && pattern === undefined) complain([], 'the format "regex" needs a "pattern"')
  if (format !== 'regex' && pattern !== undefined) complain(['pattern'], `the format "${format}" takes no pattern`)
  if (format === 'csv') {
    if (columns.length === 0) complain([], 'the format "csv" needs "columns"')
    if (new Set(columns).size < columns.length) complain(['columns'], 'names a field twice')
    if (separator.length !== 1 || separator === '"' || separator === '\n' || separator === '\r') {
      complain(['separator'], 'must be one character, and neither a quote nor a line end')
    }
  } else {
    if (columns.length > 0) complain(['columns'], `the format "${format}" takes no columns`)
    if (separator !== ',') complain(['separator'], `the format "${format}" takes no separator`)
  }
  return problems
}
