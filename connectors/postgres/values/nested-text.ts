// Takes nested values apart as the server prints them: arrays `{1,NULL,"a\"b"}`, rows `(1,,"a b")`, hstore
// `"a"=>"1", "b"=>NULL`. Elements are unescaped into a scratch of their own, since their encoders read plain text.
// Formats: PostgreSQL manual, "Array Input and Output Syntax", "Composite Type Input and Output Syntax", hstore.

import { postgresErrors } from '../errors.js'
import { OutputBytes } from './output-bytes.js'
import { writeText } from './json-text.js'
import type { ValueEncoder } from './value-encoder.js'

const openBrace = 0x7b
const closeBrace = 0x7d
const openBracket = 0x5b
const closeBracket = 0x5d
const openParenthesis = 0x28
const closeParenthesis = 0x29
const comma = 0x2c
const colon = 0x3a
const quote = 0x22
const backslash = 0x5c

/** One level of nesting walks at a time; inner ones have scratches of their own. */
class Walk {
  readonly scratch = new OutputBytes()
  input: Buffer = Buffer.alloc(0)
  at = 0
  end = 0
  /** Was the last element in quotes? */
  isQuoted = false

  begin(input: Buffer, start: number, end: number): void {
    this.input = input
    this.at = start
    this.end = end
    // Elements lie inside of the value: room for all of it is room for each.
    this.scratch.reset()
    this.scratch.ensure(end - start)
  }

  /** Unescapes an element up to `stop` or `otherStop` into the scratch. */
  element(stop: number, otherStop: number): void {
    const { scratch, input, end } = this
    scratch.at = 0
    this.isQuoted = false
    let isInside = false
    while (this.at < end) {
      const byte = input[this.at]!
      if (byte === quote) {
        // A doubled quote inside of quotes is one, in rows.
        if (isInside && this.at + 1 < end && input[this.at + 1] === quote) {
          scratch.bytes[scratch.at++] = quote
          this.at += 2
          continue
        }
        isInside = !isInside
        this.isQuoted = true
        this.at++
        continue
      }
      if (!isInside && (byte === stop || byte === otherStop)) return
      if (byte === backslash) this.at++
      scratch.bytes[scratch.at++] = input[this.at++]!
    }
  }

  malformed(what: string): Error {
    return postgresErrors.make('postgres_protocol_violation', `the server printed ${what} in a form that is not known`)
  }
}

const nullText = Buffer.from('null', 'latin1')
const capitalNull = Buffer.from('NULL', 'latin1')

const writeNull = (out: OutputBytes): void => {
  out.ensure(nullText.length)
  out.at += nullText.copy(out.bytes, out.at)
}

const writeByte = (byte: number, out: OutputBytes): void => {
  out.ensure(1)
  out.bytes[out.at++] = byte
}

export interface ArrayElement {
  readonly encode: ValueEncoder
  /** Is a JSON array a value of its own, such as `[1]` in jsonb[]? */
  readonly mayBeArray: boolean
  /** The byte between elements. */
  readonly delimiter: number
}

/**
 * Nested JSON arrays. The text stays where JSON could not be read back: other lower bounds than 1 (`[0:2]={…}`), and
 * several dimensions of elements that may be arrays themselves.
 */
export function arrayEncoder({ encode, mayBeArray, delimiter }: ArrayElement): ValueEncoder {
  const walk = new Walk()
  const writeLevel = (out: OutputBytes): void => {
    walk.at++
    writeByte(openBracket, out)
    for (let isFirst = true; walk.input[walk.at] !== closeBrace; isFirst = false) {
      if (walk.at >= walk.end) throw walk.malformed('an array')
      if (!isFirst) {
        walk.at++
        writeByte(comma, out)
      }
      if (walk.input[walk.at] === openBrace) writeLevel(out)
      else writeElement(out)
    }
    walk.at++
    writeByte(closeBracket, out)
  }
  const writeElement = (out: OutputBytes): void => {
    walk.element(delimiter, closeBrace)
    const { scratch, isQuoted } = walk
    const isNull =
      !isQuoted && scratch.at === capitalNull.length && capitalNull.compare(scratch.bytes, 0, scratch.at) === 0
    if (isNull) writeNull(out)
    else encode(scratch.bytes, 0, scratch.at, out)
  }
  return (input, start, end, out) => {
    const isText = input[start] === openBracket || (mayBeArray && input[start + 1] === openBrace)
    if (isText) return writeText(input, start, end, out)
    walk.begin(input, start, end)
    if (input[start] !== openBrace) throw walk.malformed('an array')
    writeLevel(out)
  }
}

export interface CompositeField {
  readonly name: string
  readonly encode: ValueEncoder
}

/**
 * An object of the fields. A row with another number of fields was printed before or after its type was altered: nobody
 * says which name belongs to which, and the text stays.
 */
export function compositeEncoder(fields: readonly CompositeField[]): ValueEncoder {
  const walk = new Walk()
  const keys = fields.map(({ name }, index) => Buffer.from(`${index === 0 ? '{' : ','}${JSON.stringify(name)}:`))
  return (input, start, end, out) => {
    walk.begin(input, start, end)
    if (input[start] !== openParenthesis || input[end - 1] !== closeParenthesis) throw walk.malformed('a row')
    const from = out.at
    let isWhole = fields.length === 0 && end - start === 2
    for (let index = 0; index < fields.length; index++) {
      walk.at++
      const key = keys[index]!
      out.ensure(key.length)
      out.at += key.copy(out.bytes, out.at)
      walk.element(comma, closeParenthesis)
      if (walk.scratch.at === 0 && !walk.isQuoted) writeNull(out)
      else fields[index]!.encode(walk.scratch.bytes, 0, walk.scratch.at, out)
      isWhole = index === fields.length - 1 && walk.at === end - 1
    }
    if (!isWhole) {
      out.at = from
      return writeText(input, start, end, out)
    }
    if (fields.length === 0) writeByte(openBrace, out)
    writeByte(closeBrace, out)
  }
}

const equals = 0x3d

/** An object of strings and nulls. */
export function hstoreEncoder(): ValueEncoder {
  const walk = new Walk()
  return (input, start, end, out) => {
    walk.begin(input, start, end)
    writeByte(openBrace, out)
    for (let isFirst = true; walk.at < end; isFirst = false) {
      if (!isFirst) {
        walk.at += 2
        writeByte(comma, out)
      }
      walk.element(equals, equals)
      writeText(walk.scratch.bytes, 0, walk.scratch.at, out)
      walk.at += 2
      writeByte(colon, out)
      walk.element(comma, comma)
      if (walk.isQuoted) writeText(walk.scratch.bytes, 0, walk.scratch.at, out)
      else writeNull(out)
    }
    writeByte(closeBrace, out)
  }
}
