// The format `debezium`: the envelope that Debezium's connector for PostgreSQL writes with schemas switched off, and a
// tombstone behind each deletion. Values inside of rows have the forms of the other formats.
//
//   {"before":…,"after":…,"source":{"version":…,"connector":"postgresql","name":…,"ts_ms":…,"snapshot":…,"db":…,
//    "sequence":"[previous commit, change]","schema":…,"table":…,"txId":…,"lsn":…,"xmin":null,…},
//    "transaction":null,"op":…,"ts_ms":…,"ts_us":…,"ts_ns":…}
//
// A large value that an update did not touch is Debezium's placeholder here; `pg.unchanged` names the columns, so that
// a value that happens to be equal to the placeholder can be told from it.

import { copyBytes } from '../../../core/bytes/copy-bytes.js'
import type { OutputBytes } from '../values/output-bytes.js'
import type {
  ChangeFormat,
  FormatTable,
  LogicalMessage,
  RowChange,
  RowOperation,
  ValueWriter,
} from './change-format.js'
import { digitCount, writeDecimal } from './decimal.js'
import type { PendingRecord } from './pending-change.js'
import {
  RowMembers,
  writeMissingNames,
  writeNull,
  writeOldRow,
  writePiece,
  writeRowObject,
  writeText,
} from './row-object.js'
import type { StreamPlace } from './stream-place.js'
import type { WrittenColumn } from './written-columns.js'

export interface DebeziumOptions {
  /** What Debezium calls the topic prefix. */
  readonly name: string
  readonly database: string
  /** Milliseconds since 1970; asked once per transaction. */
  readonly now: () => number
}

const beforeStart = Buffer.from('{"before":')
const afterStart = Buffer.from(',"after":')
const sequenceEnd = Buffer.from('\\"]","lsn":')
const sourceEnd = Buffer.from('}')

const byteaOid = 17
const placeholder = '__debezium_unavailable_value'

/** Debezium puts the placeholder's bytes into a bytea, which leaves as base64. */
function placeholderOf({ typeOid, typeName }: WrittenColumn): Buffer {
  const isBytes = typeOid === byteaOid && typeName === 'bytea'
  return Buffer.from(JSON.stringify(isBytes ? Buffer.from(placeholder).toString('base64') : placeholder))
}

export class DebeziumFormat implements ChangeFormat {
  readonly hasTombstones = true
  readonly marksSnapshotEnd = false
  private readonly options: DebeziumOptions
  private place: StreamPlace | undefined
  /** Of `source`, behind the names and up to the digits of the change's LSN. */
  private ofPlace: Buffer = Buffer.alloc(0)
  /** Behind `source`, operation by operation. */
  private tails: Readonly<Record<RowOperation | 't' | 'm', Buffer>> = envelopeTails(0)

  constructor(options: DebeziumOptions) {
    this.options = options
  }

  enter(place: StreamPlace): void {
    const { timeMs, isSnapshot, xid, previousLsn } = place
    const transaction = xid > 0 ? xid : 'null'
    const previous = previousLsn === undefined ? 'null' : `\\"${previousLsn}\\"`
    this.place = place
    this.ofPlace = Buffer.from(
      `${timesText(timeMs)},"snapshot":"${isSnapshot}","txId":${transaction},"xmin":null,"sequence":"[${previous},\\"`,
    )
    this.tails = envelopeTails(this.options.now())
  }

  valuesOf(table: FormatTable): ValueWriter {
    const { schema, table: name } = table.relation
    return new DebeziumValues(this, table, this.sourceStart(schema, name))
  }

  message(message: LogicalMessage, record: PendingRecord, out: OutputBytes): void {
    const { prefix, bytes, start, end } = message
    const content = bytes.toString('base64', start, end)
    record.keyStart = out.at
    writeText(out, JSON.stringify({ prefix }))
    record.keyEnd = out.at
    record.valueStart = out.at
    writeText(out, `{"message":${JSON.stringify({ prefix, content })}`)
    this.writeEnd(this.sourceStart('', ''), 'm', out)
    record.valueEnd = out.at
  }

  /** `source` and what stands behind it. */
  writeEnd(sourceStart: Buffer, operation: keyof typeof this.tails, out: OutputBytes): void {
    const lsn = this.place === undefined ? 0 : this.place.changeLsn
    writePiece(out, sourceStart)
    writePiece(out, this.ofPlace)
    out.ensure(2 * digitCount(lsn) + sequenceEnd.length)
    out.at = writeDecimal(out.bytes, out.at, lsn)
    out.at = copyBytes(out.bytes, out.at, sequenceEnd, 0, sequenceEnd.length)
    out.at = writeDecimal(out.bytes, out.at, lsn)
    writePiece(out, sourceEnd)
    writePiece(out, this.tails[operation])
  }

  /** From the comma before `source` to what differs by transaction. */
  private sourceStart(schema: string, table: string): Buffer {
    const { name, database } = this.options
    const [names, db] = [JSON.stringify(name), JSON.stringify(database)]
    const place = `"schema":${JSON.stringify(schema)},"table":${JSON.stringify(table)}`
    return Buffer.from(`,"source":{"version":"tailrace","connector":"postgresql","name":${names},"db":${db},${place},`)
  }
}

class DebeziumValues implements ValueWriter {
  private readonly format: DebeziumFormat
  private readonly table: FormatTable
  private readonly members: RowMembers
  private readonly sourceStart: Buffer

  constructor(format: DebeziumFormat, table: FormatTable, sourceStart: Buffer) {
    this.format = format
    this.table = table
    this.members = new RowMembers(table.columns, placeholderOf)
    this.sourceStart = sourceStart
  }

  row({ operation, row, old }: RowChange, record: PendingRecord, out: OutputBytes): void {
    const hasBefore = old.tuple !== undefined && (operation === 'u' || operation === 'd')
    record.valueStart = out.at
    writePiece(out, beforeStart)
    if (hasBefore) writeOldRow(this.table, old, out)
    else writeNull(out)
    writePiece(out, afterStart)
    const missing = row === undefined ? 0 : writeRowObject(this.members, row, old, out)
    if (row === undefined) writeNull(out)
    this.format.writeEnd(this.sourceStart, operation, out)
    record.valueEnd = out.at
    if (row === undefined || missing === 0) return
    record.unchanged.start = out.at
    writeMissingNames(this.members, row, old, out)
    record.unchanged.end = out.at
  }

  truncate(_options: unknown, record: PendingRecord, out: OutputBytes): void {
    record.valueStart = out.at
    writeText(out, '{"before":null,"after":null')
    this.format.writeEnd(this.sourceStart, 't', out)
    record.valueEnd = out.at
  }
}

/** The same instant three times; digits are put behind, as nanoseconds are beyond the safe integers. */
function timesText(timeMs: number): string {
  return `"ts_ms":${timeMs},"ts_us":${timeMs}000,"ts_ns":${timeMs}000000`
}

function envelopeTails(nowMs: number): Readonly<Record<RowOperation | 't' | 'm', Buffer>> {
  const tail = (operation: string): Buffer => {
    return Buffer.from(`,"transaction":null,"op":"${operation}",${timesText(nowMs)}}`)
  }
  return { c: tail('c'), u: tail('u'), d: tail('d'), r: tail('r'), t: tail('t'), m: tail('m') }
}
