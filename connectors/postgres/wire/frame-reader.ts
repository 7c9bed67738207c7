// Cuts what a server sends into frames, across the borders of the chunks in which it arrives.
//
// A frame: a type byte, the length (int32, counts itself, not the type), the payload. One that lies within a chunk is
// read where it lies; one that crosses a border is gathered, each byte copied once, in a buffer that grows with what has
// come and never with what a length claims: a value of 1 GB is legal, and a hostile length costs nothing.

import { readInt32 } from '../../../core/bytes/big-endian.js'
import { postgresErrors } from '../errors.js'

const headBytes = 5
/** The server makes no message over MaxAllocSize, 1 GiB - 1. */
const mostFrameBytes = 0x4000_0000
/** A gathering buffer over this is let go behind its frame. */
const keptBufferBytes = 1 << 20

const nothing = Buffer.alloc(0)

export class FrameReader {
  /** Of the frame that `next` came to: its type, and its payload, valid until the next `next`. */
  type = 0
  bytes: Buffer = nothing
  start = 0
  end = 0
  /** Bytes that were pushed and that no frame has taken. */
  waitingBytes = 0

  private queue: Buffer[] = []
  private queueHead = 0
  private chunk: Buffer = nothing
  private at = 0
  private gathering: Buffer = nothing
  private gathered = 0

  /** The reader owns the chunk from now on. */
  push(chunk: Buffer): void {
    this.queue.push(chunk)
    this.waitingBytes += chunk.length
  }

  /** All that is held: what waits, and the beginning of a frame that is not complete. */
  get bufferedBytes(): number {
    return this.waitingBytes + this.gathered
  }

  /** Goes to the next frame; false when it has not come completely. Errors: postgres_protocol_violation. */
  next(): boolean {
    if (this.gathered > 0) return this.gather()
    if (this.gathering.length > keptBufferBytes) this.gathering = nothing
    if (this.at === this.chunk.length && !this.takeChunk()) return false
    const { chunk, at } = this
    const left = chunk.length - at
    if (left < headBytes) return this.gather()
    const frameBytes = frameBytesAt(chunk, at)
    if (left < frameBytes) return this.gather()
    this.at = at + frameBytes
    this.waitingBytes -= frameBytes
    this.stepTo(chunk, at, frameBytes)
    return true
  }

  private gather(): boolean {
    if (!this.fill(headBytes)) return false
    const frameBytes = frameBytesAt(this.gathering, 0)
    if (!this.fill(frameBytes)) return false
    this.gathered = 0
    this.stepTo(this.gathering, 0, frameBytes)
    return true
  }

  /** Copies until `wantedBytes` of the frame are gathered; false when they have not come. */
  private fill(wantedBytes: number): boolean {
    while (this.gathered < wantedBytes) {
      if (this.at === this.chunk.length && !this.takeChunk()) return false
      const count = Math.min(wantedBytes - this.gathered, this.chunk.length - this.at)
      this.reserve(this.gathered + count, wantedBytes)
      this.chunk.copy(this.gathering, this.gathered, this.at, this.at + count)
      this.gathered += count
      this.at += count
      this.waitingBytes -= count
    }
    return true
  }

  /** At most twice what has come. */
  private reserve(neededBytes: number, wantedBytes: number): void {
    if (neededBytes <= this.gathering.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(neededBytes, Math.min(wantedBytes, 2 * this.gathering.length)))
    this.gathering.copy(grown, 0, 0, this.gathered)
    this.gathering = grown
  }

  private takeChunk(): boolean {
    if (this.queueHead === this.queue.length) {
      this.chunk = nothing
      this.at = 0
      return false
    }
    this.chunk = this.queue[this.queueHead]!
    this.at = 0
    this.queueHead++
    if (this.queueHead === this.queue.length) {
      this.queue = []
      this.queueHead = 0
    }
    return true
  }

  private stepTo(bytes: Buffer, at: number, frameBytes: number): void {
    this.type = bytes[at]!
    this.bytes = bytes
    this.start = at + headBytes
    this.end = at + frameBytes
  }
}

/** With the type byte. */
function frameBytesAt(bytes: Buffer, at: number): number {
  const length = readInt32(bytes, at + 1)
  if (length >= 4 && length <= mostFrameBytes) return length + 1
  throw postgresErrors.make('postgres_protocol_violation', `a frame of type ${bytes[at]} claims ${length} bytes`, {
    details: { type: bytes[at], length },
  })
}
