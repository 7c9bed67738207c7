// Generated from test/core/message/sample-message.ts, do not edit.

import type { MessageReader } from '../../../../core/message/message-reader.js'
import type { MessageWriter, RecordChunks } from '../../../../core/message/message-writer.js'

/** Versions 1 to 5, flexible from 3. */
export interface SampleMessage {
  readonly flag: boolean
  /** Versions 2+. */
  readonly tiny: number
  /** Versions 1-3. */
  readonly small: number
  readonly port: number
  readonly total: number
  readonly checksum: number
  readonly offset: number
  readonly ratio: number
  /** Versions 4+. */
  readonly id: string
  /** May be null in versions 2-4. */
  readonly name: string | null
  /** Versions 2+. */
  readonly title: string
  readonly plainName: string | null
  /** May be null in versions 3+. */
  readonly body: Uint8Array | null
  /** Versions 5. */
  readonly later: Uint8Array
  /** Versions 2+. May be null in versions 3+. */
  readonly batches: RecordChunks | null
  /** Versions 2+. */
  readonly place: SamplePlace | null
  readonly always: SampleAlways
  /** May be null in versions 2+. */
  readonly numbers: readonly number[] | null
  /** Versions 2+. */
  readonly absentIsNull: readonly string[] | null
  readonly nested: readonly SampleNested[]
  /** Versions 3+. */
  readonly names: readonly string[]
  /** Versions 3+. */
  readonly isLast: boolean
  /** Versions 4+. */
  readonly origin: SampleOrigin | null
}

export interface SamplePlace {
  readonly path: string
  /** Versions 4+. */
  readonly line: number
}

export interface SampleAlways {
  readonly value: number
}

export interface SampleNested {
  readonly key: string
  readonly values: readonly Uint8Array[]
  /** Versions 4+. */
  readonly note: string | null
  /** Versions 3+. */
  readonly weight: number
}

export interface SampleOrigin {
  readonly host: string
  readonly port: number
}

export function decodeSampleMessage(reader: MessageReader, version: number): SampleMessage {
  reader.flexible = version >= 3
  const flag = reader.bool('SampleMessage.flag')
  const tiny = version >= 2 ? reader.int8('SampleMessage.tiny') : -1
  const small = version <= 3 ? reader.int16('SampleMessage.small') : 0
  const port = reader.uint16('SampleMessage.port')
  const total = reader.int32('SampleMessage.total')
  const checksum = reader.uint32('SampleMessage.checksum')
  const offset = reader.int64('SampleMessage.offset')
  const ratio = reader.float64('SampleMessage.ratio')
  const id = version >= 4 ? reader.uuid('SampleMessage.id') : '00000000-0000-0000-0000-000000000000'
  const name =
    version >= 2 && version <= 4 ? reader.nullableString('SampleMessage.name') : reader.string('SampleMessage.name')
  const title = version >= 2 ? reader.string('SampleMessage.title') : 'none'
  const plainName = reader.nullableString16('SampleMessage.plainName')
  const body = version >= 3 ? reader.nullableBytes('SampleMessage.body') : reader.bytes('SampleMessage.body')
  const later = version >= 5 ? reader.bytes('SampleMessage.later') : Buffer.alloc(0)
  const batches =
    version >= 2
      ? version >= 3
        ? reader.nullableBytes('SampleMessage.batches')
        : reader.bytes('SampleMessage.batches')
      : Buffer.alloc(0)
  const place =
    version >= 2 ? (reader.isPresent('SampleMessage.place') ? decodeSamplePlace(reader, version) : null) : null
  const always = decodeSampleAlways(reader)
  const numbersCount =
    version >= 2 ? reader.nullableCount('SampleMessage.numbers', 8) : reader.count('SampleMessage.numbers', 8)
  const numbers: number[] = []
  for (let left = numbersCount; left > 0; left--) numbers.push(reader.int64('SampleMessage.numbers'))
  const absentIsNullCount = version >= 2 ? reader.nullableCount('SampleMessage.absentIsNull', 1) : -1
  const absentIsNull: string[] = []
  for (let left = absentIsNullCount; left > 0; left--) absentIsNull.push(reader.string('SampleMessage.absentIsNull'))
  const nestedCount = reader.count('SampleMessage.nested', 3)
  const nested: SampleNested[] = []
  for (let left = nestedCount; left > 0; left--) nested.push(decodeSampleNested(reader, version))
  let names: string[] = []
  let isLast: boolean = false
  let origin: SampleOrigin | null = null
  for (let left = reader.tagCount('SampleMessage'); left > 0; left--) {
    const tag = reader.tag('SampleMessage')
    const end = reader.tagEnd('SampleMessage')
    if (tag === 2) {
      names = []
      for (let more = reader.count('SampleMessage.names', 1); more > 0; more--) {
        names.push(reader.string('SampleMessage.names'))
      }
      reader.expectAt(end, 'SampleMessage.names')
    } else if (tag === 0) {
      isLast = reader.bool('SampleMessage.isLast')
      reader.expectAt(end, 'SampleMessage.isLast')
    } else if (tag === 1 && version >= 4) {
      origin = decodeSampleOrigin(reader)
      reader.expectAt(end, 'SampleMessage.origin')
    } else {
      reader.skipTo(end)
    }
  }
  return {
    flag,
    tiny,
    small,
    port,
    total,
    checksum,
    offset,
    ratio,
    id,
    name,
    title,
    plainName,
    body,
    later,
    batches,
    place,
    always,
    numbers: numbersCount === -1 ? null : numbers,
    absentIsNull: absentIsNullCount === -1 ? null : absentIsNull,
    nested,
    names,
    isLast,
    origin,
  }
}

function decodeSamplePlace(reader: MessageReader, version: number): SamplePlace {
  const path = reader.string('SampleMessage.place.path')
  const line = version >= 4 ? reader.int32('SampleMessage.place.line') : 0
  reader.skipTags('SampleMessage.place')
  return { path, line }
}

function decodeSampleAlways(reader: MessageReader): SampleAlways {
  const value = reader.int8('SampleMessage.always.value')
  reader.skipTags('SampleMessage.always')
  return { value }
}

function decodeSampleNested(reader: MessageReader, version: number): SampleNested {
  const key = reader.string('SampleMessage.nested.key')
  const valuesCount = reader.count('SampleMessage.nested.values', 1)
  const values: Uint8Array[] = []
  for (let left = valuesCount; left > 0; left--) values.push(reader.bytes('SampleMessage.nested.values'))
  let note: string | null = null
  let weight: number = 5
  for (let left = reader.tagCount('SampleMessage.nested'); left > 0; left--) {
    const tag = reader.tag('SampleMessage.nested')
    const end = reader.tagEnd('SampleMessage.nested')
    if (tag === 1 && version >= 4) {
      note = reader.nullableString('SampleMessage.nested.note')
      reader.expectAt(end, 'SampleMessage.nested.note')
    } else if (tag === 0) {
      weight = reader.int32('SampleMessage.nested.weight')
      reader.expectAt(end, 'SampleMessage.nested.weight')
    } else {
      reader.skipTo(end)
    }
  }
  return { key, values, note, weight }
}

function decodeSampleOrigin(reader: MessageReader): SampleOrigin {
  const host = reader.string('SampleMessage.origin.host')
  const port = reader.uint16('SampleMessage.origin.port')
  reader.skipTags('SampleMessage.origin')
  return { host, port }
}

export function encodeSampleMessage(writer: MessageWriter, message: SampleMessage, version: number): void {
  writer.flexible = version >= 3
  writer.bool(message.flag)
  if (version >= 2) writer.int8(message.tiny)
  if (version <= 3) writer.int16(message.small)
  writer.uint16(message.port)
  writer.int32(message.total)
  writer.uint32(message.checksum)
  writer.int64(message.offset)
  writer.float64(message.ratio)
  if (version >= 4) writer.uuid(message.id)
  if (version >= 2 && version <= 4) writer.nullableString(message.name)
  else writer.string(message.name)
  if (version >= 2) writer.string(message.title)
  writer.nullableString16(message.plainName)
  if (version >= 3) writer.nullableBytes(message.body)
  else writer.bytes(message.body)
  if (version >= 5) writer.bytes(message.later)
  if (version >= 2) {
    if (version >= 3) writer.nullableRecords(message.batches)
    else writer.records(message.batches)
  }
  if (version >= 2) {
    writer.isPresent(message.place !== null)
    if (message.place !== null) encodeSamplePlace(writer, message.place, version)
  }
  encodeSampleAlways(writer, message.always)
  if (version >= 2) writer.nullableCount(message.numbers)
  else writer.count(message.numbers)
  for (const element of message.numbers ?? []) writer.int64(element)
  if (version >= 2) {
    writer.nullableCount(message.absentIsNull)
    for (const element of message.absentIsNull ?? []) writer.string(element)
  }
  writer.count(message.nested)
  for (const element of message.nested) encodeSampleNested(writer, element, version)
  const hasIsLast = version >= 3 && message.isLast !== false
  const hasOrigin = version >= 4 && message.origin !== null
  const hasNames = version >= 3 && message.names.length > 0
  writer.tagCount(Number(hasIsLast) + Number(hasOrigin) + Number(hasNames))
  if (hasIsLast) {
    const content = writer.content()
    content.bool(message.isLast)
    writer.tagged(0, content)
  }
  if (hasOrigin) {
    const content = writer.content()
    encodeSampleOrigin(content, message.origin)
    writer.tagged(1, content)
  }
  if (hasNames) {
    const content = writer.content()
    content.count(message.names)
    for (const element of message.names) content.string(element)
    writer.tagged(2, content)
  }
}

function encodeSamplePlace(writer: MessageWriter, message: SamplePlace, version: number): void {
  writer.string(message.path)
  if (version >= 4) writer.int32(message.line)
  writer.tagCount(0)
}

function encodeSampleAlways(writer: MessageWriter, message: SampleAlways): void {
  writer.int8(message.value)
  writer.tagCount(0)
}

function encodeSampleNested(writer: MessageWriter, message: SampleNested, version: number): void {
  writer.string(message.key)
  writer.count(message.values)
  for (const element of message.values) writer.bytes(element)
  const hasWeight = version >= 3 && message.weight !== 5
  const hasNote = version >= 4 && message.note !== null
  writer.tagCount(Number(hasWeight) + Number(hasNote))
  if (hasWeight) {
    const content = writer.content()
    content.int32(message.weight)
    writer.tagged(0, content)
  }
  if (hasNote) {
    const content = writer.content()
    content.nullableString(message.note)
    writer.tagged(1, content)
  }
}

function encodeSampleOrigin(writer: MessageWriter, message: SampleOrigin): void {
  writer.string(message.host)
  writer.uint16(message.port)
  writer.tagCount(0)
}
