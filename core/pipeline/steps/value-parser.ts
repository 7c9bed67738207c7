// The parsers that `parse` chooses from, on sources and as a step.

import { present } from '../../errors/invariant.js'
import { parseJsonObject } from '../../format/json-object.js'
import { parseCsvRow } from '../../format/csv-row.js'
import { parseAccess, parseCri, parseDockerJson, parseKlog, parseSyslog } from '../../format/log-lines.js'
import { parseLogfmt } from '../../format/logfmt.js'
import type { Parsed } from '../../format/parsed.js'
import { RegexGroups } from '../../format/regex-groups.js'
import type { FormatSettings } from './parse-formats.js'

export interface ValueParser {
  readonly parse: (text: string) => Parsed
  /** The error code of what does not parse. */
  readonly code: 'parse_not_json' | 'parse_not_logfmt' | 'parse_not_matched' | 'parse_not_log_line' | 'parse_not_csv'
  readonly what: string
}

const logLines = {
  syslog: { parse: parseSyslog, code: 'parse_not_log_line', what: 'a message of syslog' },
  'docker-json': { parse: parseDockerJson, code: 'parse_not_log_line', what: "a line of Docker's json-file log" },
  cri: { parse: parseCri, code: 'parse_not_log_line', what: 'a line of CRI' },
  klog: { parse: parseKlog, code: 'parse_not_log_line', what: 'a line of klog' },
  access: { parse: parseAccess, code: 'parse_not_log_line', what: 'a line of an access log' },
} as const

/** Errors: regex_invalid. */
export function valueParser({ format, pattern, columns, separator }: FormatSettings): ValueParser {
  if (format === 'csv') {
    const what = `a row of ${columns.length} fields`
    return { parse: (text) => parseCsvRow(text, columns, separator), code: 'parse_not_csv', what }
  }
  if (format === 'logfmt') return { parse: parseLogfmt, code: 'parse_not_logfmt', what: 'logfmt' }
  if (format === 'regex') {
    const groups = new RegexGroups(present(pattern, 'the pattern of a parse step of format regex'))
    return { parse: (text) => groups.parse(text), code: 'parse_not_matched', what: 'what the pattern describes' }
  }
  if (format !== 'json') return logLines[format]
  return { parse: parseJsonObject, code: 'parse_not_json', what: 'a JSON object' }
}
