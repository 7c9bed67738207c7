// Relations and changes for tests of the records they become, and a writer that keeps those and can be full at will.

import type { TruncateOptions } from '../../../../connectors/postgres/event/change-format.js'
import { ChangeWriter, type ChangeWriterOptions } from '../../../../connectors/postgres/event/change-writer.js'
import type { DescribedRelation, WrittenType } from '../../../../connectors/postgres/event/described-relation.js'
import type { ColumnRules } from '../../../../connectors/postgres/event/written-columns.js'
import type { Relation } from '../../../../connectors/postgres/pgoutput/relation.js'
import { TupleView } from '../../../../connectors/postgres/pgoutput/tuple-view.js'
import type { OutputBytes } from '../../../../connectors/postgres/values/output-bytes.js'
import type { ValueEncoder } from '../../../../connectors/postgres/values/value-encoder.js'
import type { Destination, RecordWriter } from '../../../../core/connector/source.js'
import type { RecordParts } from '../../../../core/record/batch-builder.js'
import { decodeHeaders } from '../../../../core/record/record-headers.js'
import { partitionForKey } from '../../../../core/record/partitioner.js'

const writeText = (out: OutputBytes, text: string): void => {
  out.ensure(Buffer.byteLength(text))
  out.at += out.bytes.write(text, out.at)
}

interface TestType extends WrittenType {
  readonly oid: number
}

/** A type whose values are the JSON of what `read` makes of their text. */
function typeOf(oid: number, name: string, read: (text: string) => unknown): TestType {
  const encode: ValueEncoder = (input, start, end, out) => {
    writeText(out, JSON.stringify(read(input.toString('utf8', start, end))))
  }
  return { oid, name, encode }
}

const types = {
  bool: typeOf(16, 'boolean', (text) => text === 't'),
  bytea: typeOf(17, 'bytea', (text) => Buffer.from(text.slice(2), 'hex').toString('base64')),
  int4: typeOf(23, 'integer', Number),
  text: typeOf(25, 'text', (text) => text),
}

type TypeName = keyof typeof types

export interface TableText {
  readonly oid?: number
  readonly schema?: string
  readonly table?: string
  readonly identity?: Relation['identity']
  /** `name type`, with `!` behind it for a column of the replica identity. */
  readonly columns: readonly string[]
  readonly primaryKey?: readonly string[]
  readonly topic?: string
  readonly rules?: ColumnRules
}

/** A relation as the source describes it: `public.orders`, to the topic `shop`, unless said otherwise. */
export function described(text: TableText): DescribedRelation {
  const { oid = 16_384, schema = 'public', table = 'orders', identity = 'default', topic = 'shop' } = text
  const columns = text.columns.map((column) => {
    const [, name, type, key] = /^(.+) (\w+)(!?)$/s.exec(column)!
    return { name: name!, type: types[type as TypeName], isKey: identity === 'full' || key === '!' }
  })
  const relation = {
    oid,
    schema,
    table,
    identity,
    columns: columns.map(({ name, type, isKey }) => ({ name, typeOid: type.oid, typmod: -1, isKey })),
  }
  const { primaryKey, rules } = text
  const described = { relation, types: columns.map(({ type }) => type), primaryKey, topic }
  return rules === undefined ? described : { ...described, rules }
}

/** A row in the server's text form; undefined is a value that was not sent. */
export type Row = readonly (string | null | undefined)[]

export function tuple(row: Row): TupleView {
  const view = new TupleView()
  view.begin(Buffer.alloc(0), row.length)
  const pieces: Buffer[] = [Buffer.from('~')]
  let at = 1
  row.forEach((value, column) => {
    const bytes = Buffer.from(value ?? '')
    view.kinds[column] = (value === undefined ? 'u' : value === null ? 'n' : 't').charCodeAt(0)
    view.starts[column] = at
    view.ends[column] = at + bytes.length
    at += bytes.length
    pieces.push(bytes)
  })
  view.bytes = Buffer.concat(pieces)
  return view
}

export type Change =
  | { readonly kind: 'insert'; readonly row: Row; readonly oid?: number }
  | {
      readonly kind: 'update'
      readonly row: Row
      readonly old?: Row
      readonly oldKind?: 'key' | 'full'
      readonly oid?: number
    }
  | { readonly kind: 'delete'; readonly old: Row; readonly oldKind: 'key' | 'full'; readonly oid?: number }
  | { readonly kind: 'truncate'; readonly oids: readonly number[]; readonly options?: TruncateOptions }
  | { readonly kind: 'message'; readonly prefix: string; readonly content: Buffer }

/** Makes the change; nothing may be pending. */
export function make(changes: ChangeWriter, change: Change, sequence: number): void {
  const oid = 'oid' in change && change.oid !== undefined ? change.oid : 16_384
  if (change.kind === 'insert') changes.insert(oid, tuple(change.row), sequence)
  else if (change.kind === 'update') {
    const old = tuple(change.old ?? change.row.map(() => null))
    changes.update(oid, { oldKind: change.oldKind, old, next: tuple(change.row), sequence })
  } else if (change.kind === 'delete') {
    changes.delete(oid, { oldKind: change.oldKind, old: tuple(change.old), sequence })
  } else if (change.kind === 'truncate') {
    changes.truncate(change.oids, change.options ?? { cascade: false, restartIdentity: false }, sequence)
  } else {
    const bytes = Buffer.concat([Buffer.from('<'), change.content, Buffer.from('>')])
    changes.message({ prefix: change.prefix, bytes, start: 1, end: bytes.length - 1, isTransactional: true }, sequence)
  }
}

export const someTransaction = { commitLsn: 0x16_b374d848, xid: 771, commitTimeMs: 1_700_000_000_123 }

/** The changes as one transaction, into a writer that is never full. */
export function transact(changes: ChangeWriter, into: RecordWriter, list: readonly Change[]): void {
  changes.begin(someTransaction)
  list.forEach((change, index) => {
    changes.flush(into, false)
    make(changes, change, index + 1)
  })
  changes.flush(into, true)
}

export function changeWriter(options: Partial<ChangeWriterOptions> = {}): ChangeWriter {
  return new ChangeWriter({
    format: 'native',
    name: 'shop.orders',
    database: 'shop',
    messagesTo: 'shop.messages',
    schemasTo: 'shop.schemas',
    hashKey: undefined,
    now: () => 1_700_000_000_999,
    ...options,
  })
}

export interface WrittenRecord {
  readonly topic: string | undefined
  /** The one that was asked for; undefined when the key decides. */
  readonly partition: number | undefined
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
  readonly headers: Readonly<Record<string, string>>
  readonly appendNumber: number
}

export interface KeptRecordsOptions {
  readonly partitions?: number
  /** Asked before each record; a writer that was full is empty at the next try, in another append. */
  readonly isFull?: () => boolean
}

/** Keeps what it is given, decoded. */
export class KeptRecords implements RecordWriter {
  readonly records: WrittenRecord[] = []
  readonly hasDeadLetters = false
  appendNumber = 1
  private readonly partitions: number
  private readonly isFull: () => boolean

  constructor({ partitions = 1, isFull = () => false }: KeptRecordsOptions = {}) {
    this.partitions = partitions
    this.isFull = isFull
  }

  append(record: RecordParts, to?: Destination): boolean {
    if (this.isFull()) {
      this.appendNumber++
      return false
    }
    const { value, valueStart, valueEnd, key, headers, timestampMs } = record
    const list = headers === null ? [] : decodeHeaders(Buffer.from(headers.bytes), headers.count)
    this.records.push({
      topic: to?.topic,
      partition: to?.partition,
      key: key === null ? null : Buffer.from(key).toString(),
      value: value === null ? null : Buffer.from(value.subarray(valueStart, valueEnd)).toString(),
      timestampMs,
      headers: Object.fromEntries(list.map((header) => [header.key, Buffer.from(header.value!).toString()])),
      appendNumber: this.appendNumber,
    })
    return true
  }

  partitionOf(key: Uint8Array | null): number {
    return key === null ? -1 : partitionForKey(key, this.partitions)
  }

  partitionCount(): number {
    return this.partitions
  }

  deadLetter(): boolean {
    throw new Error('no dead letter was to be expected')
  }

  remember(): void {
    throw new Error('nothing is remembered here')
  }

  /** The values as JSON; null for none. */
  get values(): readonly unknown[] {
    return this.records.map(({ value }) => (value === null ? null : (JSON.parse(value) as unknown)))
  }
}
