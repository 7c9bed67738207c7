// The parsers that `parse` chooses from, on sources and as a step.

import { present } from '../../errors/invariant.js'
import { parseJsonObject } from '../../format/json-object.js'
import { parseAccess, parseCri, parseKlog, parseSyslog } from '../../format/log-lines.js'
import { parseLogfmt } from '../../format/logfmt.js'
import type { Parsed } from '../../format/parsed.js'
import { RegexGroups } from '../../format/regex-groups.js'
import type { ParseFormat } from './parse-formats.js'

export interface ValueParser {
  readonly parse: (text: string) => Parsed
  /** The error code of what does not parse. */
  readonly code: 'parse_not_json' | 'parse_not_logfmt' | 'parse_not_matched' | 'parse_not_log_line'
  readonly what: string
}

const logLines = {
  syslog: { parse: parseSyslog, code: 'parse_not_log_line', what: 'a message of syslog' },
  cri: { parse: parseCri, code: 'parse_not_log_line', what: 'a line of CRI' },
  klog: { parse: parseKlog, code: 'parse_not_log_line', what: 'a line of klog' },
  access: { parse: parseAccess, code: 'parse_not_log_line', what: 'a line of an access log' },
} as const

/** Errors: regex_invalid. */
export function valueParser(format: ParseFormat, pattern: string | undefined): ValueParser {
  if (format === 'logfmt') return { parse: parseLogfmt, code: 'parse_not_logfmt', what: 'logfmt' }
  if (format === 'regex') {
    const groups = new RegexGroups(present(pattern, 'the pattern of a parse step of format regex'))
    return { parse: (text) => groups.parse(text), code: 'parse_not_matched', what: 'what the pattern describes' }
  }
  if (format !== 'json') return logLines[format]
  return { parse: parseJsonObject, code: 'parse_not_json', what: 'a JSON object' }
}
