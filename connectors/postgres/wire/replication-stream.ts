// The stream of changes as the walsender sends it: messages of pgoutput in frames, keepalives between them, and the
// confirmed position back. Pull: what nobody takes stays in the socket and makes the walsender wait.
//
// The position that the server is told is only ever the one that `confirm` brought. It is said again every second. That
// keeps the connection of a reader who is busy for longer than wal_sender_timeout, and it wakes the walsender: since
// version 16 one that is about to sleep can miss a commit, and would send it when half of that time-out is over. A silent
// server is asked to answer, and after `silenceMs` the connection is given up.
// Frames: PostgreSQL manual, "Streaming Replication Protocol".

import { writeInt64 } from '../../../core/bytes/big-endian.js'
import type { Clock, Timer } from '../../../core/runtime/clock.js'
import { postgresErrors } from '../errors.js'
import type { Session } from './connect.js'
import { quoteIdentifier } from './identifiers.js'
import { formatLsn, type Lsn, readLsn } from './lsn.js'
import { Pacing } from './pacing.js'
import { copyDoneFrame, frameType, terminateFrame } from './server-messages.js'
import type { TakenSocket } from './socket-takeover.js'

export interface ReplicationOptions {
  readonly slot: string
  readonly publication: string
  /** Changes of transactions that committed before are not sent; the slot's own position counts when it is ahead. */
  readonly startLsn: Lsn
  /** Let the server send large transactions while they run (protocol 2). */
  readonly streaming: boolean
  /** Logical messages too. */
  readonly messages: boolean
  readonly clock: Clock
  /** Space out reads where it makes them faster (TCP); default true. */
  readonly pacing?: boolean
}

const confirmIntervalMs = 1000
/** A server that said nothing for this long is asked to, each second. */
const answerAfterMs = 10_000
/** Twice what a server waits by default. */
const silenceMs = 120_000
/** How long a server may take to let go of the slot when the stream is closed. */
const farewellMs = 2000
/** Status updates that the peer does not read are not piled up higher. */
const mostUnsentBytes = 64 * 1024

const walData = 0x77
const keepalive = 0x6b
const dataHeadBytes = 25
const keepaliveBytes = 18
const postgresEpochMs = 946_684_800_000

export class ReplicationStream {
  /** A message of pgoutput; valid until the next `next`. */
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  /** Of the frame at hand: where its record begins, and how far the server came. Both the latter for a keepalive. */
  walStart: Lsn = 0
  walEnd: Lsn = 0
  /** keepalive: the server wants a `confirm` soon. */
  replyRequested = false

  private readonly session: Session
  private readonly socket: TakenSocket
  private readonly options: ReplicationOptions
  private readonly doing: string
  private confirmed: Lsn = 0
  private timer: Timer | undefined
  private heardBytes = 0
  private silentMs = 0

  private constructor(session: Session, options: ReplicationOptions) {
    this.session = session
    this.options = options
    this.doing = `streaming from the replication slot ${options.slot}`
    this.socket = session.takeOver()
    const { host } = session.client
    if ((options.pacing ?? true) && !host.startsWith('/')) this.socket.pace(new Pacing(options.clock), options.clock)
  }

  /**
   * Starts the stream; the session, one for replication, is owned by it from now on, also when it fails. Errors:
   * postgres_slot_in_use, postgres_slot_missing, postgres_slot_invalidated and others of `sqlError`.
   */
  static async open(session: Session, options: ReplicationOptions): Promise<ReplicationStream> {
    const stream = new ReplicationStream(session, options)
    try {
      await stream.begin()
    } catch (error) {
      await session.close()
      throw error
    }
    return stream
  }

  /**
   * Goes to the next frame that has come; 'none': `wait`. Throws what broke the connection or ended the stream, behind
   * the last frame: postgres_connection_lost, postgres_not_ready, postgres_publication_missing and others.
   */
  next(): 'data' | 'keepalive' | 'none' {
    const { socket } = this
    if (!socket.next()) return 'none'
    const { type, bytes, start, end } = socket.frames
    if (type !== frameType.copyData) throw this.endOfStream(type)
    const kind = bytes[start]
    if (kind === walData && end - start >= dataHeadBytes) {
      this.walStart = readLsn(bytes, start + 1)
      this.walEnd = readLsn(bytes, start + 9)
      this.bytes = bytes
      this.start = start + dataHeadBytes
      this.end = end
      return 'data'
    }
    if (kind !== keepalive || end - start < keepaliveBytes) throw socket.unexpected(this.doing)
    this.walEnd = readLsn(bytes, start + 1)
    this.walStart = this.walEnd
    this.replyRequested = bytes[start + 17] === 1
    return 'keepalive'
  }

  /** Resolves when `next` may come to something or throws; rejects when aborted. One waiter at a time. */
  wait(signal: AbortSignal): Promise<void> {
    return this.socket.wait(signal)
  }

  /** Everything before the position is safe here: the server may forget it. One that is lower than before repeats that. */
  confirm(flushed: Lsn): void {
    this.confirmed = Math.max(this.confirmed, flushed)
    this.sendStatus(false)
  }

  /** Bounded: the socket rests above 1 MiB, but a message is held whole. */
  get bufferedBytes(): number {
    return this.socket.frames.bufferedBytes
  }

  /** Ends the stream and waits until the server has let go of the slot, 2 s at most. Never throws; twice is fine. */
  async close(): Promise<void> {
    this.timer?.cancel()
    this.timer = undefined
    await this.socket.end(Buffer.concat([copyDoneFrame, terminateFrame]), this.options.clock, farewellMs)
    await this.session.close()
  }

  private async begin(): Promise<void> {
    const { slot, publication, startLsn, streaming, messages } = this.options
    // A list of names in a literal of the replication grammar, which knows no backslashes.
    const publications = quoteIdentifier(publication).replaceAll("'", "''")
    const choices = [`proto_version '2'`, `publication_names '${publications}'`]
    if (streaming) choices.push(`streaming 'on'`)
    if (messages) choices.push(`messages 'true'`)
    const { socket } = this
    socket.query(
      `START_REPLICATION SLOT ${quoteIdentifier(slot)} LOGICAL ${formatLsn(startLsn)} (${choices.join(', ')})`,
    )
    await socket.arrival()
    const { type } = socket.frames
    if (type === frameType.error) throw socket.errorAtHand(this.doing)
    if (type !== frameType.copyBothResponse) throw socket.unexpected(this.doing)
    this.repeat()
  }

  private endOfStream(type: number): Error {
    if (type === frameType.error) return this.socket.errorAtHand(this.doing)
    if (type !== frameType.copyDone && type !== frameType.commandComplete) return this.socket.unexpected(this.doing)
    return postgresErrors.make('postgres_connection_lost', `${this.doing}: the server ended the stream`)
  }

  private repeat(): void {
    this.timer = this.options.clock.after(confirmIntervalMs, () => {
      this.watch()
      this.repeat()
    })
  }

  /** A stream that we hold up ourselves is not silent. */
  private watch(): void {
    const { socket } = this
    const wasHeard = socket.receivedBytes > this.heardBytes || socket.isPaused
    this.heardBytes = socket.receivedBytes
    this.silentMs = wasHeard ? 0 : this.silentMs + confirmIntervalMs
    this.sendStatus(this.silentMs >= answerAfterMs)
    if (this.silentMs < silenceMs) return
    const failure = postgresErrors.make(
      'postgres_connection_lost',
      `${this.doing}: the server has said nothing for ${this.silentMs} ms`,
      { details: { silentMs: this.silentMs } },
    )
    socket.stream.destroy(failure)
  }

  /** Standby status update: written, flushed and applied up to the same position. */
  private sendStatus(isAnswerWanted: boolean): void {
    if (this.socket.stream.writableLength > mostUnsentBytes) return
    const frame = Buffer.alloc(39)
    frame[0] = frameType.copyData
    frame.writeInt32BE(38, 1)
    frame[5] = 0x72
    writeInt64(frame, 6, this.confirmed)
    writeInt64(frame, 14, this.confirmed)
    writeInt64(frame, 22, this.confirmed)
    writeInt64(frame, 30, (this.options.clock.now() - postgresEpochMs) * 1000)
    frame[38] = isAnswerWanted ? 1 : 0
    this.socket.write(frame)
  }
}
