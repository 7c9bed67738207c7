// Messages of pgoutput for tests: made by fast-check, written byte by byte after the manual, and what a reader has to
// say of them.

import fc from 'fast-check'
import type { MessageKind, PgoutputReader } from '../../../../connectors/postgres/pgoutput/reader.js'
import type { TupleView } from '../../../../connectors/postgres/pgoutput/tuple-view.js'

/** One column of a row: null, unchanged (`u`), text or binary. */
export type Value = null | 'unchanged' | { readonly text: string } | { readonly binary: Uint8Array }
export type Row = readonly Value[]

export interface Change {
  readonly kind: 'insert' | 'update' | 'delete'
  readonly oid: number
  readonly old?: Row
  readonly oldKind?: 'key' | 'full'
  readonly row?: Row
}

export interface Described {
  readonly kind: 'relation'
  readonly oid: number
  readonly schema: string
  readonly table: string
  readonly identity: 'd' | 'n' | 'f' | 'i'
  readonly columns: readonly {
    readonly name: string
    readonly oid: number
    readonly typmod: number
    readonly isKey: boolean
  }[]
}

export type Inner =
  | Change
  | Described
  | { readonly kind: 'type'; readonly oid: number; readonly name: string }
  | { readonly kind: 'truncate'; readonly oids: readonly number[]; readonly flags: number }
  | {
      readonly kind: 'message'
      readonly flags: number
      readonly lsn: number
      readonly prefix: string
      readonly content: Uint8Array
    }

export type Message =
  | (Inner & { readonly xid?: number })
  | { readonly kind: 'begin'; readonly lsn: number; readonly timeMs: number; readonly xid: number }
  | { readonly kind: 'commit'; readonly lsn: number; readonly endLsn: number; readonly timeMs: number }
  | { readonly kind: 'origin'; readonly lsn: number; readonly name: string }
  | { readonly kind: 'stream-start'; readonly xid: number; readonly isFirst: boolean }
  | { readonly kind: 'stream-stop' }
  | {
      readonly kind: 'stream-commit'
      readonly xid: number
      readonly lsn: number
      readonly endLsn: number
      readonly timeMs: number
    }
  | { readonly kind: 'stream-abort'; readonly xid: number; readonly subxid: number }

const postgresEpochMs = 946_684_800_000

class Bytes {
  private readonly parts: Buffer[] = []

  tag(character: string): this {
    return this.raw(Buffer.from(character, 'latin1'))
  }

  raw(bytes: Uint8Array): this {
    this.parts.push(Buffer.from(bytes))
    return this
  }

  int8(value: number): this {
    return this.raw(Buffer.of(value))
  }

  int16(value: number): this {
    const bytes = Buffer.alloc(2)
    bytes.writeInt16BE(value)
    return this.raw(bytes)
  }

  int32(value: number): this {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32BE(value | 0)
    return this.raw(bytes)
  }

  int64(value: number): this {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64BE(BigInt(value))
    return this.raw(bytes)
  }

  time(ms: number): this {
    return this.int64((ms - postgresEpochMs) * 1000)
  }

  text(text: string): this {
    return this.raw(Buffer.from(`${text}\0`))
  }

  row(row: Row): this {
    this.int16(row.length)
    for (const value of row) {
      if (value === null) this.tag('n')
      else if (value === 'unchanged') this.tag('u')
      else {
        const content = 'text' in value ? Buffer.from(value.text) : value.binary
        this.tag('text' in value ? 't' : 'b')
          .int32(content.length)
          .raw(content)
      }
    }
    return this
  }

  get all(): Buffer {
    return Buffer.concat(this.parts)
  }
}

/** `xid` stands in front when the message is streamed. */
export function encode(message: Message): Buffer {
  const bytes = new Bytes()
  const head = (tag: string): Bytes => {
    bytes.tag(tag)
    return 'xid' in message && message.xid !== undefined ? bytes.int32(message.xid) : bytes
  }
  switch (message.kind) {
    case 'insert':
      return head('I').int32(message.oid).tag('N').row(message.row!).all
    case 'update':
    case 'delete':
      head(message.kind === 'update' ? 'U' : 'D').int32(message.oid)
      if (message.old !== undefined) bytes.tag(message.oldKind === 'key' ? 'K' : 'O').row(message.old)
      return message.row === undefined ? bytes.all : bytes.tag('N').row(message.row).all
    case 'relation':
      head('R').int32(message.oid).text(message.schema).text(message.table).tag(message.identity)
      bytes.int16(message.columns.length)
      for (const { name, oid, typmod, isKey } of message.columns) {
        bytes
          .int8(isKey ? 1 : 0)
          .text(name)
          .int32(oid)
          .int32(typmod)
      }
      return bytes.all
    case 'type':
      return head('Y').int32(message.oid).text('public').text(message.name).all
    case 'truncate':
      head('T').int32(message.oids.length).int8(message.flags)
      for (const oid of message.oids) bytes.int32(oid)
      return bytes.all
    case 'message':
      head('M').int8(message.flags).int64(message.lsn).text(message.prefix)
      return bytes.int32(message.content.length).raw(message.content).all
    case 'begin':
      return bytes.tag('B').int64(message.lsn).time(message.timeMs).int32(message.xid).all
    case 'commit':
      return bytes.tag('C').int8(0).int64(message.lsn).int64(message.endLsn).time(message.timeMs).all
    case 'origin':
      return bytes.tag('O').int64(message.lsn).text(message.name).all
    case 'stream-start':
      return head('S').int8(message.isFirst ? 1 : 0).all
    case 'stream-stop':
      return bytes.tag('E').all
    case 'stream-commit':
      return head('c').int8(0).int64(message.lsn).int64(message.endLsn).time(message.timeMs).all
    case 'stream-abort':
      return head('A').int32(message.subxid).all
  }
}

export function rowOf(view: TupleView): Row {
  const row: Value[] = []
  for (let column = 0; column < view.count; column++) {
    const kind = String.fromCharCode(view.kinds[column]!)
    const content = view.bytes.subarray(view.starts[column], view.ends[column])
    if (kind === 'n') row.push(null)
    else if (kind === 'u') row.push('unchanged')
    else row.push(kind === 't' ? { text: content.toString() } : { binary: new Uint8Array(content) })
  }
  return row
}

/** What the reader holds of the message that it has just read, in the form that it was made of. */
export function heard(reader: PgoutputReader, kind: MessageKind, isStreamed: boolean): Message {
  const xid = isStreamed ? { xid: reader.xid } : {}
  switch (kind) {
    case 'insert':
      return { kind, oid: reader.relationOid, row: rowOf(reader.newTuple), ...xid }
    case 'update':
    case 'delete': {
      const old = reader.oldKind === undefined ? {} : { old: rowOf(reader.oldTuple), oldKind: reader.oldKind }
      const row = kind === 'update' ? { row: rowOf(reader.newTuple) } : {}
      return { kind, oid: reader.relationOid, ...old, ...row, ...xid }
    }
    case 'relation': {
      const { oid, schema, table, identity, columns } = reader.relation
      return {
        kind,
        oid,
        schema: schema === 'pg_catalog' ? '' : schema,
        table,
        identity: identity.slice(0, 1) as 'd',
        columns: columns.map(({ name, typeOid, typmod, isKey }) => ({ name, oid: typeOid, typmod, isKey })),
        ...xid,
      }
    }
    case 'type':
      return { kind, oid: reader.typeOid, name: '', ...xid }
    case 'truncate': {
      const { cascade, restartIdentity } = reader.truncateOptions
      return { kind, oids: reader.truncatedOids, flags: (cascade ? 1 : 0) | (restartIdentity ? 2 : 0), ...xid }
    }
    case 'message': {
      const content = new Uint8Array(reader.bytes.subarray(reader.messageStart, reader.messageEnd))
      const flags = reader.messageTransactional ? 1 : 0
      return { kind, flags, lsn: reader.messageLsn, prefix: reader.messagePrefix, content, ...xid }
    }
    case 'begin':
      return { kind, lsn: reader.finalLsn, timeMs: reader.commitTimeMs, xid: reader.xid }
    case 'commit':
      return { kind, lsn: reader.commitLsn, endLsn: reader.endLsn, timeMs: reader.commitTimeMs }
    case 'origin':
      return { kind, lsn: reader.originLsn, name: reader.originName }
    case 'stream-start':
      return { kind, xid: reader.xid, isFirst: reader.isFirstSegment }
    case 'stream-stop':
      return { kind }
    case 'stream-commit':
      return { kind, xid: reader.xid, lsn: reader.commitLsn, endLsn: reader.endLsn, timeMs: reader.commitTimeMs }
    case 'stream-abort':
      return { kind, xid: reader.xid, subxid: reader.subxid }
  }
}

const uint32 = fc.nat({ max: 0xffff_ffff })
const lsn = fc.maxSafeNat()
const timeMs = fc.integer({ min: postgresEpochMs - 1e12, max: postgresEpochMs + 1e12 })
const name = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0'))

const value: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.constant('unchanged' as const),
  fc.record({ text: fc.string({ unit: 'grapheme' }) }),
  fc.record({ binary: fc.uint8Array({ maxLength: 40 }) }),
)
const row = fc.array(value, { maxLength: 40 })
const oldKind = fc.constantFrom('key' as const, 'full' as const)

const inner: fc.Arbitrary<Inner> = fc.oneof(
  fc.record({ kind: fc.constant('insert' as const), oid: uint32, row }),
  fc.record({ kind: fc.constant('update' as const), oid: uint32, row }),
  fc.record({ kind: fc.constant('update' as const), oid: uint32, old: row, oldKind, row }),
  fc.record({ kind: fc.constant('delete' as const), oid: uint32, old: row, oldKind }),
  fc.record({
    kind: fc.constant('relation' as const),
    oid: uint32,
    schema: name.filter((text) => text !== 'pg_catalog'),
    table: name,
    identity: fc.constantFrom('d' as const, 'n' as const, 'f' as const, 'i' as const),
    columns: fc.array(fc.record({ name, oid: uint32, typmod: fc.integer(), isKey: fc.boolean() }), { maxLength: 20 }),
  }),
  fc.record({ kind: fc.constant('type' as const), oid: uint32, name: fc.constant('') }),
  fc.record({ kind: fc.constant('truncate' as const), oids: fc.array(uint32), flags: fc.nat({ max: 3 }) }),
  fc.record({
    kind: fc.constant('message' as const),
    flags: fc.nat({ max: 1 }),
    lsn,
    prefix: name,
    content: fc.uint8Array({ maxLength: 60 }),
  }),
)

const origin = fc.record({ kind: fc.constant('origin' as const), lsn, name })
const place = { lsn, endLsn: lsn, timeMs }

/** A whole transaction, or one streamed segment: what a stream consists of. */
const group: fc.Arbitrary<readonly Message[]> = fc.oneof(
  fc
    .tuple(
      fc.record({ kind: fc.constant('begin' as const), lsn, timeMs, xid: uint32 }),
      fc.array(fc.oneof(inner, origin), { maxLength: 8 }),
      fc.record({ kind: fc.constant('commit' as const), ...place }),
    )
    .map(([begin, changes, commit]) => [begin, ...changes, commit]),
  fc
    .tuple(
      fc.record({ kind: fc.constant('stream-start' as const), xid: uint32, isFirst: fc.boolean() }),
      fc.array(
        fc.oneof(
          fc.tuple(inner, uint32).map(([message, xid]) => ({ ...message, xid })),
          origin,
        ),
        { maxLength: 8 },
      ),
    )
    .map(([start, changes]) => [start, ...changes, { kind: 'stream-stop' as const }]),
  fc.record({ kind: fc.constant('stream-commit' as const), xid: uint32, ...place }).map((message) => [message]),
  fc.record({ kind: fc.constant('stream-abort' as const), xid: uint32, subxid: uint32 }).map((message) => [message]),
)

/** The messages of a stream in an order that the protocol allows. */
export const stream: fc.Arbitrary<readonly Message[]> = fc.array(group, { maxLength: 6 }).map((groups) => groups.flat())
