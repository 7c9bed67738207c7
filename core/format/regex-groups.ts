// Values taken from a text by the named groups of a regular expression, in time linear in the text whatever the
// pattern: re2js walks an automaton where JavaScript's own engine would track back and may never end.

import { RE2JS, RE2JSSyntaxException } from 're2js'
import { formatErrors } from './errors.js'
import { emptyObject, type Parsed, ParseFailure } from './parsed.js'

export class RegexGroups {
  private readonly pattern: RE2JS
  private readonly names: readonly string[]
  private readonly numbers: readonly number[]

  /**
   * Compiles a pattern in RE2's syntax, with groups as `(?<name>…)` or `(?P<name>…)`. Errors: regex_invalid, with the
   * character of the mistake, from 0, in `details.position`; also when no group has a name.
   */
  constructor(pattern: string) {
    this.pattern = compile(pattern)
    const groups = Object.entries(this.pattern.namedGroups())
    if (groups.length === 0) {
      throw formatErrors.make('regex_invalid', `no group of the pattern has a name: ${pattern}`, {
        details: { pattern, position: 0 },
      })
    }
    this.names = groups.map(([name]) => name)
    this.numbers = groups.map(([, number]) => number)
  }

  /**
   * The named groups of the leftmost match, which may lie anywhere in the text unless the pattern is anchored; null
   * for a group that took no part. Failure: `no-match`.
   */
  parse(text: string): Parsed {
    const matcher = this.pattern.matcher(text)
    if (!matcher.find()) return new ParseFailure('no-match', 0)
    const object = emptyObject()
    for (let at = 0; at < this.names.length; at++) object[this.names[at]!] = matcher.group(this.numbers[at]!)
    return object
  }
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch (cause) {
    if (!(cause instanceof RE2JSSyntaxException)) throw cause
    const reason = cause.getDescription()
    const position = positionOf(pattern, reason, cause.getPattern() ?? '')
    throw formatErrors.make('regex_invalid', `${reason} at character ${position} of ${pattern}`, {
      cause,
      details: { pattern, position },
    })
  }
}

/** re2js names the part of the pattern that it did not like; for a parenthesis without its partner, all of it. */
function positionOf(pattern: string, reason: string, part: string): number {
  if (reason.startsWith('duplicate')) return pattern.lastIndexOf(`<${part}>`) + 1
  if (part === pattern) return unpairedParenthesis(pattern)
  return Math.max(0, pattern.indexOf(part))
}

/** The first closing parenthesis that closes nothing, or the last opening one that stays open; 0 when all are paired. */
function unpairedParenthesis(pattern: string): number {
  const open: number[] = []
  let inClass = false
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]
    if (character === '\\') at++
    else if (inClass) inClass = character !== ']'
    else if (character === '[') inClass = true
    else if (character === '(') open.push(at)
    else if (character === ')' && open.pop() === undefined) return at
  }
  return open.at(-1) ?? 0
}
