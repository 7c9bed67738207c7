// Walks the members of a JSON object in place: where each name and value lies, without making any of them.
//
// Rows of one stream have their members in the same order, so a walk holds each name against the one that stood there
// in the object before and asks the map only when they differ.

import { postgresErrors } from '../errors.js'

/** Objects and arrays inside each other; deeper than any row. */
const mostDepth = 64

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const colon = 0x3a
const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d

/** The members of the object that was walked last. Positions of names are without their quotes. */
export class JsonMembers {
  count = 0
  nameStarts = new Int32Array(64)
  nameEnds = new Int32Array(64)
  valueStarts = new Int32Array(64)
  valueEnds = new Int32Array(64)

  /**
   * Finds the members of the object that lies in the range, with space around it or not. Errors: postgres_record_unfit
   * when it is no object. What lies inside of values is looked at only as far as it takes to find their ends.
   */
  walk(bytes: Buffer, start: number, end: number): void {
    const behind = skipSpace(bytes, this.walkFirst(bytes, start, end), end)
    if (behind < end) throw unfit('has more behind its object', behind - start)
  }

  /** As `walk`, and more may stand behind the object: where it ends. */
  walkFirst(bytes: Buffer, start: number, end: number): number {
    this.count = 0
    let at = skipSpace(bytes, start, end)
    if (bytes[at] !== openBrace || at >= end) throw unfit('is no JSON object', at - start)
    at = skipSpace(bytes, at + 1, end)
    if (bytes[at] === closeBrace && at < end) return at + 1
    for (;;) {
      at = this.member(bytes, at, end, start)
      const byte = at < end ? bytes[at] : 0
      if (byte === closeBrace) return at + 1
      if (byte !== comma) throw unfit('lacks a comma or a brace', at - start)
      at = skipSpace(bytes, at + 1, end)
    }
  }

  /** The place of the member with this name (ASCII, without escapes); -1 when there is none, the last of several. */
  find(bytes: Buffer, name: Buffer): number {
    for (let index = this.count - 1; index >= 0; index--) {
      if (isName(bytes, this.nameStarts[index]!, this.nameEnds[index]!, name)) return index
    }
    return -1
  }

  /** Reads `"name": value` and stands on what follows it. */
  private member(bytes: Buffer, nameAt: number, end: number, start: number): number {
    if (bytes[nameAt] !== quote || nameAt >= end) throw unfit('lacks the name of a member', nameAt - start)
    const nameEnd = stringEnd(bytes, nameAt, end)
    let at = nameEnd < 0 ? end : skipSpace(bytes, nameEnd, end)
    if (at >= end || bytes[at] !== colon) throw unfit('lacks a colon', at - start)
    at = skipSpace(bytes, at + 1, end)
    const valueEnd = endOfValue(bytes, at, end)
    if (valueEnd <= at) throw unfit('has a value that does not end', at - start)
    if (this.count === this.nameStarts.length) this.grow()
    const index = this.count++
    this.nameStarts[index] = nameAt + 1
    this.nameEnds[index] = nameEnd - 1
    this.valueStarts[index] = at
    this.valueEnds[index] = valueEnd
    return skipSpace(bytes, valueEnd, end)
  }

  private grow(): void {
    const size = this.nameStarts.length * 2
    this.nameStarts = grown(this.nameStarts, size)
    this.nameEnds = grown(this.nameEnds, size)
    this.valueStarts = grown(this.valueStarts, size)
    this.valueEnds = grown(this.valueEnds, size)
  }
}

/** The text of a JSON string that lies in the range, quotes included. */
export function readText(bytes: Buffer, start: number, end: number): string {
  const text = bytes.toString('utf8', start, end)
  return text.includes('\\') ? (JSON.parse(text) as string) : text.slice(1, -1)
}

export function isNull(bytes: Buffer, start: number, end: number): boolean {
  return end - start === 4 && bytes[start] === 0x6e
}

export function isObject(bytes: Buffer, start: number): boolean {
  return bytes[start] === openBrace
}

/** Are the bytes of the range those of the name? */
export function isName(bytes: Buffer, start: number, end: number, name: Buffer): boolean {
  const { length } = name
  if (end - start !== length) return false
  for (let index = 0; index < length; index++) if (bytes[start + index] !== name[index]) return false
  return true
}

/** Behind the value that begins at `at`; -1 when it has no end. */
function endOfValue(bytes: Buffer, at: number, end: number): number {
  const first = bytes[at]
  if (first === quote) return stringEnd(bytes, at, end)
  if (first === openBrace || first === openBracket) return nestedEnd(bytes, at, end)
  while (at < end && !isDelimiter(bytes[at]!)) at++
  return at
}

/** Behind the closing quote; -1 when there is none. */
function stringEnd(bytes: Buffer, at: number, end: number): number {
  for (let place = at + 1; place < end; place++) {
    const byte = bytes[place]
    if (byte === quote) return place + 1
    if (byte === backslash) place++
  }
  return -1
}

function nestedEnd(bytes: Buffer, at: number, end: number): number {
  let depth = 0
  for (let place = at; place < end; place++) {
    const byte = bytes[place]!
    if (byte === quote) {
      place = stringEnd(bytes, place, end) - 1
      if (place < 0) return -1
    } else if (byte === openBrace || byte === openBracket) {
      if (++depth > mostDepth) throw unfit(`nests more than ${mostDepth} objects and arrays`, place - at)
    } else if ((byte === closeBrace || byte === closeBracket) && --depth === 0) return place + 1
  }
  return -1
}

function isDelimiter(byte: number): boolean {
  return byte <= 0x20 || byte === comma || byte === closeBrace || byte === closeBracket
}

function skipSpace(bytes: Buffer, at: number, end: number): number {
  while (at < end && bytes[at]! <= 0x20) at++
  return at
}

function grown(array: Int32Array, size: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(size)
  larger.set(array)
  return larger
}

function unfit(why: string, position: number): Error {
  return postgresErrors.make('postgres_record_unfit', `the value ${why}, at byte ${position}`, {
    details: { position },
  })
}
