// Reads `COPY … TO STDOUT` from a session of its own, pull style: one frame is one row in text form, with its line feed.
//
// The session stays in our hands between the copies, so that many of them run in one transaction; statements go over
// the simple protocol. What the reader does not take stays in the server.

import { invariant } from '../../../core/errors/invariant.js'
import type { Session } from './connect.js'
import { frameType, readDataRow } from './server-messages.js'
import type { TakenSocket } from './socket-takeover.js'

export type TextRow = readonly (string | null)[]

export class CopyOut {
  /** The row that `next` came to, without its line feed; valid until the next `next`. */
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0

  private readonly session: Session
  private readonly socket: TakenSocket
  private isBusy = false

  private constructor(session: Session, socket: TakenSocket) {
    this.session = session
    this.socket = socket
  }

  /** The session is owned by the reader from now on; `query` and `run` of the session are of no use any more. */
  static take(session: Session): CopyOut {
    return new CopyOut(session, session.takeOver())
  }

  /** The rows of all statements in the text, as text. Errors: those of `sqlError`. */
  async simple(text: string): Promise<readonly TextRow[]> {
    this.send(text)
    const rows: TextRow[] = []
    let failure: Error | undefined
    for (;;) {
      await this.socket.arrival()
      const { type, bytes, start, end } = this.socket.frames
      if (type === frameType.readyForQuery) break
      if (type === frameType.error) failure ??= this.socket.errorAtHand(statement(text))
      else if (type === frameType.dataRow) rows.push(readDataRow(bytes, start, end))
      else if (!isPassedOver(type)) throw this.socket.unexpected(statement(text))
    }
    this.isBusy = false
    if (failure !== undefined) throw failure
    return rows
  }

  /** Begins a `COPY … TO STDOUT` in text format; resolves when rows may come. Errors: those of `sqlError`. */
  async copy(text: string): Promise<void> {
    this.send(text)
    await this.socket.arrival()
    const { type } = this.socket.frames
    if (type === frameType.copyOutResponse) return
    const failure =
      type === frameType.error ? this.socket.errorAtHand(statement(text)) : this.socket.unexpected(statement(text))
    if (type === frameType.error) await this.ready()
    throw failure
  }

  /**
   * Goes to the next row that has come. 'none': nothing is there, `wait`; 'end': the copy is complete, and the session
   * is free for the next. Throws what ended the copy or broke the connection.
   */
  next(): 'row' | 'none' | 'end' {
    if (!this.isBusy) return 'end'
    const { socket } = this
    while (socket.next()) {
      const { type, bytes, start, end } = socket.frames
      if (type === frameType.copyData) {
        this.bytes = bytes
        this.start = start
        this.end = end > start && bytes[end - 1] === 0x0a ? end - 1 : end
        return 'row'
      }
      if (type === frameType.readyForQuery) {
        this.isBusy = false
        return 'end'
      }
      if (type === frameType.error) throw socket.errorAtHand('copying rows out')
      if (type !== frameType.copyDone && type !== frameType.commandComplete) throw socket.unexpected('copying rows out')
    }
    return 'none'
  }

  /** Resolves when `next` may come to something or throws; rejects when aborted. */
  wait(signal: AbortSignal): Promise<void> {
    return this.socket.wait(signal)
  }

  /** Bounded: the socket rests above 1 MiB, but a row is held whole. */
  get bufferedBytes(): number {
    return this.socket.frames.bufferedBytes
  }

  /** Ends the session, also in the middle of a copy. Never throws; twice is fine. */
  close(): Promise<void> {
    return this.session.close()
  }

  private send(text: string): void {
    invariant(!this.isBusy, `${statement(text)} while another one is under way`)
    this.socket.query(text)
    this.isBusy = true
  }

  /** Behind an error the server says when it is ready again. */
  private async ready(): Promise<void> {
    do await this.socket.arrival()
    while (this.socket.frames.type !== frameType.readyForQuery)
    this.isBusy = false
  }
}

function isPassedOver(type: number): boolean {
  return type === frameType.rowDescription || type === frameType.commandComplete || type === frameType.emptyQuery
}

function statement(text: string): string {
  return `the statement ${JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 77)}…`)}`
}
