// JSON values as fields of COPY's text format, each for the type of a target's column.
//
// The escapes of a JSON string and of a COPY field are nearly the same, so that a string goes over byte by byte. What is
// not JSON is refused rather than handed on: `\.` or a raw line end would mean something else to COPY. Nested types go
// through literal.ts. Formats: RFC 8259, section 7; PostgreSQL manual, COPY, "Text Format".

import { postgresErrors } from '../errors.js'
import { byteaText, literalOf, type Shape } from './literal.js'
import type { OutputBytes } from './output-bytes.js'
import type { TypeReference } from './type-catalog.js'
import { fieldsOf, isHstore, jsonbOid, jsonOid, TypeRows, type TypeSource } from './type-rows.js'

/**
 * Writes the JSON value that fills the range as a field behind `out.at`. Errors: postgres_record_unfit,
 * postgres_text_has_nul, and then `out` holds a part.
 */
export type FieldWriter = (bytes: Buffer, start: number, end: number, out: OutputBytes) => void

const quote = 0x22
const backslash = 0x5c
const letterU = 0x75
const capitalN = 0x4e
const minus = 0x2d
const zero = 0x30
const nine = 0x39

const nullText = Buffer.from('null', 'latin1')
const trueText = Buffer.from('true', 'latin1')
const falseText = Buffer.from('false', 'latin1')

const copyText: FieldWriter = (bytes, start, end, out) => {
  const first = bytes[start]!
  if (first === quote) copyString(bytes, start + 1, end - 1, out)
  else if (isNull(bytes, start, end)) writeNull(out)
  else if (isNumber(bytes, start, end) || isBool(bytes, start, end)) writeEscaped(bytes, start, end, out)
  else writeEscaped(Buffer.from(checkedJson(bytes, start, end)), 0, end - start, out)
}

/** JSON as it is, strings too: the server checks it. */
const copyJson: FieldWriter = (bytes, start, end, out) => {
  if (isNull(bytes, start, end)) writeNull(out)
  else writeEscaped(bytes, start, end, out)
}

const copyBytea: FieldWriter = (bytes, start, end, out) => {
  if (isNull(bytes, start, end)) return writeNull(out)
  if (bytes[start] !== quote) throw unfit('a value for a bytea column is no text')
  writeLiteral(byteaText(JSON.parse(checkedJson(bytes, start, end)) as string), out)
}

function nestedWriter(shape: Shape): FieldWriter {
  return (bytes, start, end, out) => {
    const literal = literalOf(shape, checkedJson(bytes, start, end))
    if (literal === null) writeNull(out)
    else writeLiteral(literal, out)
  }
}

/** For the columns of a target table, from what the server says of their types. */
export class TargetKinds {
  private readonly rows: TypeRows

  constructor(source: TypeSource) {
    this.rows = new TypeRows(source)
  }

  /** In the order of the columns. Errors: those of the query. */
  async resolve(columns: readonly TypeReference[]): Promise<readonly FieldWriter[]> {
    await this.rows.load(columns.map(({ typeOid }) => typeOid))
    return columns.map(({ typeOid }) => {
      const shape = this.shapeOf(typeOid)
      if (shape.kind === 'text') return copyText
      if (shape.kind === 'json') return copyJson
      return shape.kind === 'bytea' ? copyBytea : nestedWriter(shape)
    })
  }

  private shapeOf(oid: number): Shape {
    const row = this.rows.of(oid)
    const scalar = scalarShapes.get(oid) ?? { kind: 'text' }
    if (row === undefined) return scalar
    if (row.kind === 'd') return this.shapeOf(Number(row.base))
    if (row.kind === 'c') {
      const fields = fieldsOf(row).map(([name, type]) => ({ name, shape: this.shapeOf(Number(type)) }))
      return { kind: 'composite', fields }
    }
    if (row.isArray) return { kind: 'array', element: this.shapeOf(Number(row.element)), delimiter: row.delimiter }
    return isHstore(row) ? { kind: 'hstore' } : scalar
  }
}

const byteaOid = 17

const scalarShapes: ReadonlyMap<number, Shape> = new Map<number, Shape>([
  [byteaOid, { kind: 'bytea' }],
  [jsonOid, { kind: 'json' }],
  [jsonbOid, { kind: 'json' }],
])

const isNull = (bytes: Buffer, start: number, end: number): boolean => isWord(nullText, bytes, start, end)

const isBool = (bytes: Buffer, start: number, end: number): boolean =>
  isWord(trueText, bytes, start, end) || isWord(falseText, bytes, start, end)

function isWord(word: Buffer, bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== word.length) return false
  for (let index = 0; index < word.length; index++) if (bytes[start + index] !== word[index]) return false
  return true
}

/** By their letters: what is no number in spite of them goes to columns of text as it is, and others refuse it. */
function isNumber(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start]!
  if (first !== minus && (first < zero || first > nine)) return false
  for (let at = start + 1; at < end; at++) if (!isNumberLetter[bytes[at]!]) return false
  return true
}

const isNumberLetter = new Uint8Array(256)
for (const letter of Buffer.from('0123456789+-.eE', 'latin1')) isNumberLetter[letter] = 1

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of the range, which is one JSON value. */
function checkedJson(bytes: Buffer, start: number, end: number): string {
  try {
    const text = utf8.decode(bytes.subarray(start, end))
    JSON.parse(text)
    return text
  } catch (error) {
    throw postgresErrors.make('postgres_record_unfit', 'a value is no JSON in UTF-8', { cause: error })
  }
}

function writeNull(out: OutputBytes): void {
  out.ensure(2)
  out.bytes[out.at++] = backslash
  out.bytes[out.at++] = capitalN
}

/** Short texts are copied by a loop, which a call of `copy` costs more than. */
const shortBytes = 48

/** 1 for bytes of a JSON string that are not themselves: control characters, which JSON forbids, and backslashes. */
const isSpecial = new Uint8Array(256).fill(1, 0, 0x20)
isSpecial[backslash] = 1

/** The inside of a JSON string; with its escapes, a field is never longer. */
function copyString(bytes: Buffer, start: number, end: number, out: OutputBytes): void {
  out.ensure(end - start)
  const to = out.bytes
  let clean = start
  let at = start
  if (end - start <= shortBytes) {
    let next = out.at
    for (; at < end && isSpecial[bytes[at]!] === 0; at++) to[next++] = bytes[at]!
    out.at = next
    clean = at
  }
  while (at < end) {
    if (isSpecial[bytes[at]!] === 0) {
      at++
      continue
    }
    out.at += bytes.copy(to, out.at, clean, at)
    at = copyEscape(bytes, at, end, out)
    clean = at
  }
  if (clean < end) out.at += bytes.copy(to, out.at, clean, end)
}

/** What may stand behind a backslash in JSON: 1 when it keeps the backslash in COPY, 2 when the byte is meant itself. */
const escapes = new Uint8Array(256)
for (const letter of Buffer.from('bfnrt\\', 'latin1')) escapes[letter] = 1
for (const letter of Buffer.from('"/', 'latin1')) escapes[letter] = 2

/** Writes what the backslash at `at` begins; where it goes on. */
function copyEscape(bytes: Buffer, at: number, end: number, out: OutputBytes): number {
  if (bytes[at] !== backslash) throw unfit('a text holds a control character, which JSON does not allow')
  const escape = bytes[at + 1]!
  if (escape === letterU) return copyUnicode(bytes, at + 2, end, out)
  const meaning = at + 1 < end ? escapes[escape] : 0
  if (meaning === 0) throw unfit('a text holds an escape that JSON does not know')
  if (meaning === 1) out.bytes[out.at++] = backslash
  out.bytes[out.at++] = escape
  return at + 2
}

/** Four hexadecimal digits as a number; -1 when they are not. */
function hexOf(bytes: Buffer, at: number, end: number): number {
  const text = bytes.toString('latin1', at, Math.min(at + 4, end))
  return /^[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text, 16) : -1
}

/** Four digits behind `\u`, with the second half of a pair; where it goes on. */
function copyUnicode(bytes: Buffer, at: number, end: number, out: OutputBytes): number {
  let next = at + 4
  let code = hexOf(bytes, at, end)
  if (code < 0) throw unfit('an escape in a text has no four digits')
  if (code === 0) throw hasNul()
  const isHigh = code >= 0xd800 && code < 0xdc00
  if (isHigh && bytes[next] === backslash && bytes[next + 1] === letterU) {
    const low = hexOf(bytes, next + 2, end)
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      next += 6
    }
  }
  if (code >= 0xd800 && code < 0xe000) throw unfit('a text holds half of a surrogate pair')
  const escape = copyEscapes[code] ?? 0
  if (escape !== 0) {
    out.bytes[out.at++] = backslash
    out.bytes[out.at++] = escape
  } else out.at += out.bytes.write(String.fromCodePoint(code), out.at, 'utf8')
  return next
}

/** What stands behind a backslash in COPY; 0 for bytes that stay. */
const copyEscapes = new Uint8Array(256)
copyEscapes[0x08] = 0x62
copyEscapes[0x09] = 0x74
copyEscapes[0x0a] = 0x6e
copyEscapes[0x0b] = 0x76
copyEscapes[0x0c] = 0x66
copyEscapes[0x0d] = 0x72
copyEscapes[backslash] = backslash

/** Bytes with COPY's escapes: backslashes, and what divides fields and lines. */
function writeEscaped(bytes: Buffer, start: number, end: number, out: OutputBytes): void {
  out.ensure((end - start) * 2)
  const to = out.bytes
  let next = out.at
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    const escape = copyEscapes[byte]!
    if (escape === 0) to[next++] = byte
    else {
      to[next++] = backslash
      to[next++] = escape
    }
  }
  out.at = next
}

function writeLiteral(literal: string, out: OutputBytes): void {
  if (literal.includes('\0')) throw hasNul()
  if (/\p{Surrogate}/u.test(literal)) throw unfit('a text holds half of a surrogate pair')
  const bytes = Buffer.from(literal)
  writeEscaped(bytes, 0, bytes.length, out)
}

function hasNul(): Error {
  return postgresErrors.make('postgres_text_has_nul', 'a text holds U+0000, which Postgres cannot store')
}

function unfit(what: string): Error {
  return postgresErrors.make('postgres_record_unfit', what)
}
