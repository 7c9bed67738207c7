// Turns what the server sends into records, message by message, and knows how far it came.
//
// One message is under way at a time. When the writer is full it stays where it is, and the next `read` goes on with
// it, so that nothing is decoded twice and nothing is held beside the socket's own buffer. A change whose records are
// made waits in the ChangeWriter until the next message says whether it is the last of its transaction.

import type { RecordWriter } from '../../../core/connector/source.js'
import { present } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'
import type { ChangeWriter } from '../event/change-writer.js'
import { type MessageKind, PgoutputReader } from '../pgoutput/reader.js'
import type { Lsn } from '../wire/lsn.js'
import type { ReplicationStream } from '../wire/replication-stream.js'
import type { RelationBook } from './relation-book.js'
import type { StreamPoint } from './stream-point.js'
import { TransactionPosition } from './transaction-position.js'
import type { SpoolReading, TransactionSpool } from './transaction-spool.js'

/** Prefix of our own logical messages, which only move the slot on. */
export const heartbeatPrefix = 'tailrace.heartbeat'

export interface ChangeStreamParts {
  readonly stream: ReplicationStream
  readonly spool: TransactionSpool
  readonly relations: RelationBook
  readonly changes: ChangeWriter
  readonly point: StreamPoint
  /** Prefixes of logical messages that become records. */
  readonly messagePrefixes: ReadonlySet<string>
  /** Milliseconds since 1970: the time of a message that stands outside of transactions. */
  readonly now: () => number
}

/** What a step came to: the message is done; the writer is full; nothing is there; something has to be awaited first. */
type Step = 'done' | 'full' | 'none' | 'await'

/** A streamed transaction that committed and comes out of its file. */
interface Replay {
  readonly reading: SpoolReading
  readonly endLsn: Lsn
}

export class ChangeStream {
  private readonly parts: ChangeStreamParts
  private readonly position: TransactionPosition
  private readonly reader = new PgoutputReader()
  /** The message under way; undefined when the next one may be taken. */
  private kind: MessageKind | undefined
  private replay: Replay | undefined
  /** Number of the change whose records wait in the ChangeWriter; 0 when none does. */
  private waiting = 0
  /** Transaction that the messages between a stream's start and stop belong to. */
  private streamedXid = 0
  private isReplyWanted = false
  private isWritten = false
  /** The records of a message outside of transactions wait for room. */
  private isLooseEncoded = false

  constructor(parts: ChangeStreamParts) {
    this.parts = parts
    this.position = new TransactionPosition(parts.point)
  }

  /** Takes messages until the writer is full or nothing more has arrived. */
  async read(into: RecordWriter): Promise<'full' | 'none'> {
    for (;;) {
      const step = this.readWithoutWaiting(into)
      if (step === 'full' || step === 'none') return step
      if (!(await this.takeSlowly(into))) return 'full'
    }
  }

  /** How far the log is when everything that was appended so far stands in it. */
  get point(): StreamPoint {
    if (this.waiting === 0) return this.position.pause(this.position.count, 0)
    return this.position.pause(this.waiting - 1, this.parts.changes.flushedRecords)
  }

  /** Were records given to a writer since the last call? */
  takeWritten(): boolean {
    const written = this.isWritten
    this.isWritten = false
    return written
  }

  /** Does the server wait for an answer? Asking takes the question away. */
  takeReplyWanted(): boolean {
    const wanted = this.isReplyWanted
    this.isReplyWanted = false
    return wanted
  }

  private readWithoutWaiting(into: RecordWriter): Step {
    for (;;) {
      if (this.kind === undefined) {
        const step = this.replay === undefined ? this.fetchLive() : this.fetchReplayed(this.replay)
        if (step !== 'done') return step
        if (this.kind === undefined) continue
      }
      const step = this.take(present(this.kind, 'a message under way'), into)
      if (step !== 'done') return step
      this.kind = undefined
    }
  }

  private fetchLive(): Step {
    const { stream } = this.parts
    const frame = stream.next()
    if (frame === 'none') return 'none'
    if (frame === 'keepalive') {
      this.position.moveTo(stream.walEnd)
      this.isReplyWanted ||= stream.replyRequested
      return 'done'
    }
    this.kind = this.reader.read(stream.bytes, stream.start, stream.end)
    return 'done'
  }

  private fetchReplayed({ reading }: Replay): Step {
    const next = reading.next()
    if (next !== 'message') return 'await'
    this.kind = this.reader.readStreamed(reading.bytes, reading.start, reading.end)
    return 'done'
  }

  private take(kind: MessageKind, into: RecordWriter): Step {
    const isSpooled =
      this.replay === undefined && this.reader.inStream && kind !== 'stream-start' && kind !== 'stream-stop'
    if (isSpooled) return this.spool(kind)
    switch (kind) {
      case 'insert':
      case 'update':
      case 'delete':
      case 'truncate':
        return this.takeChange(kind, into)
      case 'message':
        return this.takeMessage(into)
      case 'begin':
        return this.begin(this.reader.finalLsn, this.reader.xid, this.reader.commitTimeMs)
      case 'commit':
        return this.commit(this.reader.endLsn, into)
      case 'origin':
      case 'type':
      case 'stream-stop':
        return 'done'
      case 'relation':
      case 'stream-start':
      case 'stream-commit':
      case 'stream-abort':
        return 'await'
    }
  }

  private begin(commitLsn: Lsn, xid: number, commitTimeMs: number): Step {
    this.position.begin(commitLsn)
    this.parts.changes.begin({ commitLsn, xid, commitTimeMs })
    return 'done'
  }

  private commit(endLsn: Lsn, into: RecordWriter): Step {
    if (!this.flush(into, true)) return 'full'
    this.position.commit(endLsn)
    return 'done'
  }

  private takeChange(kind: 'insert' | 'update' | 'delete' | 'truncate', into: RecordWriter): Step {
    const { relations, changes } = this.parts
    const { reader } = this
    const captured =
      kind === 'truncate' ? relations.captured(reader.truncatedOids) : relations.isCaptured(reader.relationOid)
    const isCaptured = typeof captured === 'boolean' ? captured : captured.length > 0
    if (isCaptured && !this.flush(into, false)) return 'full'
    if (this.position.next() === 'pass over' || !isCaptured) return 'done'
    const sequence = this.position.count
    changes.changeLsn = this.parts.stream.walStart
    if (kind === 'insert') changes.insert(reader.relationOid, reader.newTuple, sequence)
    else if (kind === 'update') {
      changes.update(reader.relationOid, {
        oldKind: reader.oldKind,
        old: reader.oldTuple,
        next: reader.newTuple,
        sequence,
      })
    } else if (kind === 'delete') {
      changes.delete(reader.relationOid, {
        oldKind: present(reader.oldKind, 'the old row of a delete'),
        old: reader.oldTuple,
        sequence,
      })
    } else changes.truncate(captured as readonly number[], reader.truncateOptions, sequence)
    this.waitForNext()
    return 'done'
  }

  private takeMessage(into: RecordWriter): Step {
    const { reader, position } = this
    if (!reader.messageTransactional) return this.takeLooseMessage(into)
    const isWanted = this.parts.messagePrefixes.has(reader.messagePrefix)
    if (isWanted && !this.flush(into, false)) return 'full'
    if (position.next() === 'pass over' || !isWanted) return 'done'
    this.encodeMessage(position.count)
    this.waitForNext()
    return 'done'
  }

  /** A message outside of transactions: it stands alone, and the stream can be resumed right behind it. */
  private takeLooseMessage(into: RecordWriter): Step {
    const { reader, position, parts } = this
    const { messageLsn } = reader
    if (!parts.messagePrefixes.has(reader.messagePrefix)) {
      position.moveTo(messageLsn)
      return 'done'
    }
    if (messageLsn <= position.point.messageLsn) return 'done'
    if (!this.isLooseEncoded) {
      parts.changes.begin({ commitLsn: messageLsn, xid: 0, commitTimeMs: parts.now() })
      this.encodeMessage(0)
    }
    this.isWritten = true
    this.isLooseEncoded = !parts.changes.flush(into, true)
    if (this.isLooseEncoded) return 'full'
    position.message(messageLsn)
    return 'done'
  }

  private encodeMessage(sequence: number): void {
    const { messagePrefix, bytes, messageStart, messageEnd } = this.reader
    this.parts.changes.message(
      { prefix: messagePrefix, bytes, start: messageStart, end: messageEnd, isTransactional: sequence > 0 },
      sequence,
    )
  }

  /** Gives the waiting records to the writer; false when it is full. */
  private flush(into: RecordWriter, isLast: boolean): boolean {
    if (this.waiting === 0) return true
    this.isWritten = true
    if (!this.parts.changes.flush(into, isLast)) return false
    this.waiting = 0
    return true
  }

  private waitForNext(): void {
    this.waiting = this.position.count
    const { recordsDone } = this.position
    if (recordsDone > 0) this.parts.changes.skipRecords(recordsDone)
  }

  /** Keeps a message of a transaction that still runs. */
  private spool(kind: MessageKind): Step {
    const { reader, parts } = this
    if (kind === 'stream-commit' || kind === 'stream-abort') return 'await'
    const of = { xid: this.streamedXid, subxid: reader.xid, isDescription: kind === 'relation' || kind === 'type' }
    const { bytes, start, end } = parts.stream
    parts.spool.add(of, { bytes, start, end })
    if (!parts.spool.isFull) return 'done'
    this.kind = undefined
    return 'await'
  }

  /** What has to wait for the disk or the database; false when the writer is full. */
  private async takeSlowly(into: RecordWriter): Promise<boolean> {
    const { spool, relations } = this.parts
    const { reader, kind } = this
    if (kind === undefined) {
      if (this.replay === undefined) await spool.write()
      else return this.readOn(this.replay, into)
      return true
    }
    if (kind === 'relation' && !(await relations.learn(reader.relation, this.position.point.lsn, into))) return false
    if (kind === 'stream-start') {
      this.streamedXid = reader.xid
      await spool.begin(reader.xid)
    }
    if (kind === 'stream-abort') await spool.abort(reader.xid, reader.subxid)
    if (kind === 'stream-commit') await this.beginReplay()
    this.kind = undefined
    return true
  }

  private async beginReplay(): Promise<void> {
    const { xid, commitLsn, endLsn, commitTimeMs } = this.reader
    const reading = await this.parts.spool.commit(xid)
    if (reading === undefined) {
      throw postgresErrors.make(
        'postgres_protocol_violation',
        `transaction ${xid} commits, but none of it was streamed`,
      )
    }
    this.replay = { reading, endLsn }
    this.begin(commitLsn, xid, commitTimeMs)
  }

  /** The file gives no message at the moment: the next piece of it, or its end, which is the transaction's. */
  private async readOn({ reading, endLsn }: Replay, into: RecordWriter): Promise<boolean> {
    if (reading.next() === 'refill') {
      await reading.refill()
      return true
    }
    if (this.commit(endLsn, into) === 'full') return false
    this.replay = undefined
    await reading.remove()
    return true
  }
}
