// The parsers that `parse` chooses from, on sources and as a step.

import { present } from '../../errors/invariant.js'
import { parseJsonObject } from '../../format/json-object.js'
import { parseLogfmt } from '../../format/logfmt.js'
import type { Parsed } from '../../format/parsed.js'
import { RegexGroups } from '../../format/regex-groups.js'
import type { ParseFormat } from './parse-formats.js'

export interface ValueParser {
  readonly parse: (text: string) => Parsed
  /** The error code of what does not parse. */
  readonly code: 'parse_not_json' | 'parse_not_logfmt' | 'parse_not_matched'
  readonly what: string
}

/** Errors: regex_invalid. */
export function valueParser(format: ParseFormat, pattern: string | undefined): ValueParser {
  if (format === 'logfmt') return { parse: parseLogfmt, code: 'parse_not_logfmt', what: 'logfmt' }
  if (format === 'regex') {
    const groups = new RegexGroups(present(pattern, 'the pattern of a parse step of format regex'))
    return { parse: (text) => groups.parse(text), code: 'parse_not_matched', what: 'what the pattern describes' }
  }
  return { parse: parseJsonObject, code: 'parse_not_json', what: 'a JSON object' }
}
