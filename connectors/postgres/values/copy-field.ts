// JSON values as fields of COPY's text format, each for the type of a target's column.
//
// The escapes of a JSON string and of a COPY field are nearly the same, so that a string goes over byte by byte. Nested
// types go through literal.ts. Formats: RFC 8259, section 7; PostgreSQL manual, COPY, "Text Format".

import { postgresErrors } from '../errors.js'
import { byteaText, literalOf, type Shape } from './literal.js'
import type { OutputBytes } from './output-bytes.js'
import type { TypeReference } from './type-catalog.js'
import { fieldsOf, isHstore, TypeRows, type TypeSource } from './type-rows.js'

/** Writes the JSON value that fills the range as a field behind `out.at`. Errors: postgres_record_unfit, and then `out` holds a part. */
export type FieldWriter = (bytes: Buffer, start: number, end: number, out: OutputBytes) => void

const quote = 0x22
const backslash = 0x5c
const slash = 0x2f
const letterN = 0x6e
const letterU = 0x75
const capitalN = 0x4e

const nullLength = 4

export const copyText: FieldWriter = (bytes, start, end, out) => {
  if (isNull(bytes, start, end)) writeNull(out)
  else if (bytes[start] === quote) copyString(bytes, start + 1, end - 1, out)
  else writeEscaped(bytes, start, end, out)
}

/** JSON as it is, strings too. */
const copyJson: FieldWriter = (bytes, start, end, out) => {
  if (isNull(bytes, start, end)) writeNull(out)
  else writeEscaped(bytes, start, end, out)
}

const copyBytea: FieldWriter = (bytes, start, end, out) => {
  if (isNull(bytes, start, end)) return writeNull(out)
  if (bytes[start] !== quote) throw unfit('a value for a bytea column is no text')
  writeLiteral(byteaText(JSON.parse(bytes.toString('utf8', start, end)) as string), out)
}

function nestedWriter(shape: Shape): FieldWriter {
  return (bytes, start, end, out) => {
    const literal = literalOf(shape, bytes.toString('utf8', start, end))
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
const jsonOid = 114
const jsonbOid = 3802

const scalarShapes: ReadonlyMap<number, Shape> = new Map<number, Shape>([
  [byteaOid, { kind: 'bytea' }],
  [jsonOid, { kind: 'json' }],
  [jsonbOid, { kind: 'json' }],
])

function isNull(bytes: Buffer, start: number, end: number): boolean {
  return end - start === nullLength && bytes[start] === letterN
}

function writeNull(out: OutputBytes): void {
  out.ensure(2)
  out.bytes[out.at++] = backslash
  out.bytes[out.at++] = capitalN
}

/** Short texts are copied by a loop, which a call of `copy` costs more than. */
const shortBytes = 48

/** The inside of a JSON string: without a backslash there is nothing to escape, as it holds no control characters. */
function copyString(bytes: Buffer, start: number, end: number, out: OutputBytes): void {
  out.ensure((end - start) * 2)
  if (end - start > shortBytes) {
    const escape = bytes.indexOf(backslash, start)
    const plainEnd = escape === -1 || escape >= end ? end : escape
    out.at += bytes.copy(out.bytes, out.at, start, plainEnd)
    if (plainEnd < end) copyEscaped(bytes, plainEnd, end, out)
    return
  }
  copyEscaped(bytes, start, end, out)
}

function copyEscaped(bytes: Buffer, start: number, end: number, out: OutputBytes): void {
  const to = out.bytes
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    if (byte !== backslash) {
      if (byte < 0x20) throw unfit('a text holds a control character, which JSON does not allow')
      to[out.at++] = byte
      continue
    }
    const escape = bytes[++at]!
    if (escape === letterU) {
      at = copyUnicode(bytes, at + 1, end, out) - 1
    } else if (escape === quote || escape === slash) to[out.at++] = escape
    else {
      to[out.at++] = backslash
      to[out.at++] = escape
    }
  }
}

const hexOf = (bytes: Buffer, at: number): number => Number.parseInt(bytes.toString('latin1', at, at + 4), 16)

/** Four digits behind `\u`, with the second half of a pair; where it goes on. */
function copyUnicode(bytes: Buffer, at: number, end: number, out: OutputBytes): number {
  let next = at + 4
  let code = hexOf(bytes, at)
  if (Number.isNaN(code) || next > end) throw unfit('an escape in a text has no four digits')
  if (code === 0) {
    throw postgresErrors.make('postgres_text_has_nul', 'a text holds U+0000, which Postgres cannot store')
  }
  const isHigh = code >= 0xd800 && code < 0xdc00
  if (isHigh && next + 6 <= end && bytes[next] === backslash && bytes[next + 1] === letterU) {
    const low = hexOf(bytes, next + 2)
    if (low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
      next += 6
    }
  }
  if (code >= 0xd800 && code < 0xe000) throw unfit('a text holds half of a surrogate pair')
  if (code < 0x20 || code === 0x7f) writeEscaped(Buffer.from([code]), 0, 1, out)
  else if (code === backslash) writeEscaped(Buffer.from([code]), 0, 1, out)
  else out.at += out.bytes.write(String.fromCodePoint(code), out.at, 'utf8')
  return next
}

const shortForms: Readonly<Record<number, number>> = { 8: 0x62, 9: 0x74, 10: 0x6e, 11: 0x76, 12: 0x66, 13: 0x72 }

/** Bytes with COPY's escapes: backslashes, and what divides fields and lines. */
function writeEscaped(bytes: Buffer, start: number, end: number, out: OutputBytes): void {
  out.ensure((end - start) * 2)
  const to = out.bytes
  for (let at = start; at < end; at++) {
    const byte = bytes[at]!
    const escape = byte === backslash ? backslash : shortForms[byte]
    if (escape !== undefined) {
      to[out.at++] = backslash
      to[out.at++] = escape
    } else to[out.at++] = byte
  }
}

function writeLiteral(literal: string, out: OutputBytes): void {
  if (literal.includes('\0')) {
    throw postgresErrors.make('postgres_text_has_nul', 'a text holds U+0000, which Postgres cannot store')
  }
  const bytes = Buffer.from(literal)
  writeEscaped(bytes, 0, bytes.length, out)
}

function unfit(what: string): Error {
  return postgresErrors.make('postgres_record_unfit', what)
}
