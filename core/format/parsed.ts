// What the parsers of values answer: an object, or a failure that is returned and not thrown, since lines that do not
// parse are everyday input.

/** A JSON value; integers beyond 2^53 are bigints, so that no identifier changes its last digits. */
export type JsonValue = string | number | bigint | boolean | null | JsonValue[] | JsonObject

/** Without a prototype at every level: a field called `constructor` or `__proto__` is a field like any other. */
export interface JsonObject {
  [field: string]: JsonValue
}

/**
 * `no-object`: it is no JSON object to begin with. `syntax`: it begins as it should and breaks off at the position.
 * `too-deep`: nested beyond the limit. `number-range`: a number is too large for a double. `no-pairs`: no `key=value`
 * in it. `no-match`: the regular expression does not match.
 */
export type ParseFault = 'no-object' | 'syntax' | 'too-deep' | 'number-range' | 'no-pairs' | 'no-match'

const descriptions: Readonly<Record<ParseFault, string>> = {
  'no-object': 'it is not a JSON object',
  syntax: 'its syntax is broken',
  'too-deep': 'it is nested too deep',
  'number-range': 'it holds a number that is too large',
  'no-pairs': 'there is no key=value in it',
  'no-match': 'the regular expression does not match',
}

/** Why a text did not parse, and at which of its characters (UTF-16 units, from 0). */
export class ParseFailure {
  readonly fault: ParseFault
  readonly position: number

  constructor(fault: ParseFault, position: number) {
    this.fault = fault
    this.position = position
  }

  /** For the error that goes along with a dead letter. */
  describe(): string {
    return `${descriptions[this.fault]} (at character ${this.position})`
  }
}

/** Tell them apart with `instanceof ParseFailure`. */
export type Parsed = JsonObject | ParseFailure

/** An empty object for a parser to fill. */
export function emptyObject(): JsonObject {
  return Object.create(null) as JsonObject
}
