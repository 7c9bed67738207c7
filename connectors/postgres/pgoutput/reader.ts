// Reads the messages of the plugin pgoutput, protocol versions 1 and 2: one object whose fields each `read` sets.
//
// Format: PostgreSQL manual, "Logical Replication Message Formats": a tag byte, big-endian integers, strings with a NUL
// behind them. Between a stream's start and stop (version 2) all messages but Origin have the transaction's id in front.
// Every length is held against the end of the frame, and the message has to end with the frame. Nothing is copied but
// names, prefixes and relations; rows are views into the frame.

import { readInt16, readInt32, readInt64 } from '../../../core/bytes/big-endian.js'
import { postgresErrors } from '../errors.js'
import { type Lsn, readLsn } from '../wire/lsn.js'
import { identityByCode, type Relation, type RelationColumn } from './relation.js'
import { binaryKind, mostColumns, nullKind, textKind, TupleView, unchangedKind } from './tuple-view.js'

export type MessageKind =
  | 'begin'
  | 'commit'
  | 'origin'
  | 'relation'
  | 'type'
  | 'insert'
  | 'update'
  | 'delete'
  | 'truncate'
  | 'message'
  | 'stream-start'
  | 'stream-stop'
  | 'stream-commit'
  | 'stream-abort'

export interface TruncateOptions {
  readonly cascade: boolean
  readonly restartIdentity: boolean
}

/** Milliseconds between 1970 and 2000, where Postgres counts from. */
const postgresEpochMs = 946_684_800_000

const keyTuple = 0x4b
const oldTuple = 0x4f
const newTuple = 0x4e

/** Errors of all reads: postgres_protocol_violation, with `position` in the message and its tag. */
export class PgoutputReader {
  /** Between a stream's start and its stop. */
  inStream = false
  /** Of begin and stream messages; in a stream the (sub)transaction that the message belongs to. */
  xid = 0
  /** stream-abort: what was rolled back; equal to `xid` when all of it was. */
  subxid = 0
  /** stream-start: nothing of the transaction was sent before. */
  isFirstSegment = false
  /** begin: where the commit record will be. */
  finalLsn: Lsn = 0
  /** commit, stream-commit: the commit record, and what lies behind it. */
  commitLsn: Lsn = 0
  endLsn: Lsn = 0
  /** begin, commit, stream-commit: milliseconds since 1970. */
  commitTimeMs = 0
  /** origin: its name, and the commit there. */
  originName = ''
  originLsn: Lsn = 0
  /** relation. */
  relation: Relation = { oid: 0, schema: '', table: '', identity: 'default', columns: [] }
  /** type: the name is known from the catalogs, so only the number is kept. */
  typeOid = 0
  /** insert, update, delete. */
  relationOid = 0
  /** update, delete: what `oldTuple` holds; undefined when the row before was not sent. */
  oldKind: 'key' | 'full' | undefined = undefined
  readonly oldTuple = new TupleView()
  readonly newTuple = new TupleView()
  truncatedOids: readonly number[] = []
  truncateOptions: TruncateOptions = { cascade: false, restartIdentity: false }
  messagePrefix = ''
  /** The content, in `bytes`. */
  messageStart = 0
  messageEnd = 0
  messageTransactional = false
  messageLsn: Lsn = 0
  /** The frame that ranges and rows lie in: theirs as long as it is. */
  bytes: Buffer = Buffer.alloc(0)

  private streamXid = 0
  private start = 0
  private at = 0
  private end = 0

  /** Reads the message that fills `start` to `end`; its fields are valid until the next read. */
  read(bytes: Buffer, start: number, end: number): MessageKind {
    return this.readFrame(bytes, start, end, this.inStream)
  }

  /** As `read`, of a message that was set aside while it was streamed. */
  readStreamed(bytes: Buffer, start: number, end: number): MessageKind {
    return this.readFrame(bytes, start, end, true)
  }

  private readFrame(bytes: Buffer, start: number, end: number, isStreamed: boolean): MessageKind {
    this.bytes = bytes
    this.start = start
    this.at = start
    this.end = end
    const kind = this.readMessage(this.byte(), isStreamed)
    if (this.at !== end) throw this.violation(`${end - this.at} bytes are left over`)
    return kind
  }

  private readMessage(tag: number, isStreamed: boolean): MessageKind {
    switch (tag) {
      case 0x49: // I
        return this.readInsert(isStreamed)
      case 0x55: // U
        return this.readUpdate(isStreamed)
      case 0x44: // D
        return this.readDelete(isStreamed)
      case 0x42: // B
        return this.readBegin()
      case 0x43: // C
        return this.readCommit()
      case 0x52: // R
        return this.readRelation(isStreamed)
      case 0x59: // Y
        return this.readType(isStreamed)
      case 0x54: // T
        return this.readTruncate(isStreamed)
      case 0x4d: // M
        return this.readLogicalMessage(isStreamed)
      case 0x4f: // O
        return this.readOrigin(isStreamed)
      case 0x53: // S
        return this.readStreamStart()
      case 0x45: // E
        return this.readStreamStop()
      case 0x63: // c
        return this.readStreamCommit()
      case 0x41: // A
        return this.readStreamAbort()
      default:
        throw this.violation('its tag is unknown')
    }
  }

  private readInsert(isStreamed: boolean): MessageKind {
    this.readRowHead(isStreamed)
    this.readNewTuple(this.byte())
    return 'insert'
  }

  private readUpdate(isStreamed: boolean): MessageKind {
    this.readRowHead(isStreamed)
    let mark = this.byte()
    if (mark === keyTuple || mark === oldTuple) {
      this.oldKind = mark === keyTuple ? 'key' : 'full'
      this.readTuple(this.oldTuple)
      mark = this.byte()
    }
    this.readNewTuple(mark)
    return 'update'
  }

  private readDelete(isStreamed: boolean): MessageKind {
    this.readRowHead(isStreamed)
    const mark = this.byte()
    if (mark !== keyTuple && mark !== oldTuple) throw this.violation('it lacks the old row')
    this.oldKind = mark === keyTuple ? 'key' : 'full'
    this.readTuple(this.oldTuple)
    return 'delete'
  }

  private readRowHead(isStreamed: boolean): void {
    if (isStreamed) this.xid = this.uint32()
    this.relationOid = this.uint32()
    this.oldKind = undefined
  }

  private readNewTuple(mark: number): void {
    if (mark !== newTuple) throw this.violation('it lacks the new row')
    this.readTuple(this.newTuple)
  }

  private readTuple(tuple: TupleView): void {
    const count = this.int16()
    // A column takes a byte at least.
    if (count < 0 || count > mostColumns || count > this.end - this.at) {
      throw this.violation(`a row of ${count} columns does not fit`)
    }
    tuple.begin(this.bytes, count)
    const { kinds, starts, ends } = tuple
    for (let column = 0; column < count; column++) {
      const kind = this.byte()
      kinds[column] = kind
      if (kind === textKind || kind === binaryKind) {
        const length = this.int32()
        starts[column] = this.at
        this.skip(length)
      } else {
        if (kind !== nullKind && kind !== unchangedKind) throw this.violation(`column ${column} is of kind ${kind}`)
        starts[column] = this.at
      }
      ends[column] = this.at
    }
  }

  private readBegin(): MessageKind {
    this.checkOutsideStream()
    this.finalLsn = this.lsn()
    this.commitTimeMs = this.time()
    this.xid = this.uint32()
    return 'begin'
  }

  private readCommit(): MessageKind {
    this.checkOutsideStream()
    this.readCommitPlace()
    return 'commit'
  }

  private readCommitPlace(): void {
    // Flags: none is defined.
    this.byte()
    this.commitLsn = this.lsn()
    this.endLsn = this.lsn()
    this.commitTimeMs = this.time()
  }

  private readRelation(isStreamed: boolean): MessageKind {
    if (isStreamed) this.xid = this.uint32()
    const oid = this.uint32()
    // The server abbreviates this one name.
    const schema = this.text() || 'pg_catalog'
    const table = this.text()
    const identity = identityByCode[this.byte()]
    if (identity === undefined) throw this.violation('its replica identity is unknown')
    this.relation = { oid, schema, table, identity, columns: this.readColumns() }
    this.relationOid = oid
    return 'relation'
  }

  private readColumns(): readonly RelationColumn[] {
    const count = this.int16()
    const leastBytes = 10
    if (count < 0 || count > mostColumns || count * leastBytes > this.end - this.at) {
      throw this.violation(`${count} columns do not fit`)
    }
    const columns: RelationColumn[] = []
    for (let column = 0; column < count; column++) {
      const isKey = (this.byte() & 1) === 1
      columns.push({ isKey, name: this.text(), typeOid: this.uint32(), typmod: this.int32() })
    }
    return columns
  }

  private readType(isStreamed: boolean): MessageKind {
    if (isStreamed) this.xid = this.uint32()
    this.typeOid = this.uint32()
    this.skipText()
    this.skipText()
    return 'type'
  }

  private readTruncate(isStreamed: boolean): MessageKind {
    if (isStreamed) this.xid = this.uint32()
    const count = this.int32()
    const options = this.byte()
    if (count < 0 || count * 4 > this.end - this.at) throw this.violation(`${count} relations do not fit`)
    const oids: number[] = []
    for (let each = 0; each < count; each++) oids.push(this.uint32())
    this.truncatedOids = oids
    this.truncateOptions = { cascade: (options & 1) !== 0, restartIdentity: (options & 2) !== 0 }
    return 'truncate'
  }

  private readLogicalMessage(isStreamed: boolean): MessageKind {
    if (isStreamed) this.xid = this.uint32()
    this.messageTransactional = (this.byte() & 1) === 1
    this.messageLsn = this.lsn()
    this.messagePrefix = this.text()
    const length = this.int32()
    this.messageStart = this.at
    this.skip(length)
    this.messageEnd = this.at
    return 'message'
  }

  private readOrigin(isStreamed: boolean): MessageKind {
    if (isStreamed && this.inStream) this.xid = this.streamXid
    this.originLsn = this.lsn()
    this.originName = this.text()
    return 'origin'
  }

  private readStreamStart(): MessageKind {
    this.checkOutsideStream()
    this.xid = this.uint32()
    this.isFirstSegment = this.byte() === 1
    this.streamXid = this.xid
    this.inStream = true
    return 'stream-start'
  }

  private readStreamStop(): MessageKind {
    if (!this.inStream) throw this.violation('no stream was started')
    this.xid = this.streamXid
    this.inStream = false
    return 'stream-stop'
  }

  private readStreamCommit(): MessageKind {
    this.checkOutsideStream()
    this.xid = this.uint32()
    this.readCommitPlace()
    return 'stream-commit'
  }

  private readStreamAbort(): MessageKind {
    this.checkOutsideStream()
    this.xid = this.uint32()
    this.subxid = this.uint32()
    return 'stream-abort'
  }

  private checkOutsideStream(): void {
    if (this.inStream) throw this.violation('it came inside of a stream')
  }

  private byte(): number {
    if (this.at >= this.end) throw this.truncated(1)
    return this.bytes[this.at++]!
  }

  private int16(): number {
    return readInt16(this.bytes, this.take(2))
  }

  private int32(): number {
    return readInt32(this.bytes, this.take(4))
  }

  private uint32(): number {
    return readInt32(this.bytes, this.take(4)) >>> 0
  }

  private lsn(): Lsn {
    return readLsn(this.bytes, this.take(8))
  }

  private time(): number {
    return postgresEpochMs + Math.floor(readInt64(this.bytes, this.take(8)) / 1000)
  }

  private text(): string {
    const from = this.at
    this.skipText()
    return this.bytes.toString('utf8', from, this.at - 1)
  }

  private skipText(): void {
    const { bytes, end } = this
    let at = this.at
    while (at < end && bytes[at] !== 0) at++
    if (at === end) throw this.violation('a text in it has no end')
    this.at = at + 1
  }

  private skip(length: number): void {
    if (length < 0) throw this.violation(`a value in it has ${length} bytes`)
    this.take(length)
  }

  private take(length: number): number {
    const { at } = this
    if (length > this.end - at) throw this.truncated(length)
    this.at = at + length
    return at
  }

  private truncated(length: number): Error {
    return this.violation(`it ends before a field of ${length} bytes`)
  }

  private violation(what: string): Error {
    const position = this.at - this.start
    const length = this.end - this.start
    const tag = length > 0 ? String.fromCharCode(this.bytes[this.start]!) : ''
    return postgresErrors.make(
      'postgres_protocol_violation',
      `a message of the change stream (tag ${JSON.stringify(tag)}, ${length} bytes) is not as the protocol says, at byte ${position}: ${what}`,
      { details: { tag, length, position } },
    )
  }
}
