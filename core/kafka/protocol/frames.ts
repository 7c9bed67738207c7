// Takes a socket's stream apart into frames: an int32 with the length, then as many bytes.
//
// A length is refused before anything is made of it. A frame that lies in one chunk of the socket is a view of it; one
// that spans chunks is gathered in memory of its own: in little at first, so that announcing a large frame costs nothing,
// and in room for all of it once more than that has come, so that hardly a byte is copied twice. Memory that a frame
// before has left takes a large one from its first byte on.

import { readInt32 } from '../../bytes/big-endian.js'
import type { TailraceError } from '../../errors/tailrace-error.js'
import { protocolErrors } from './errors.js'
import { FrameMemory } from './frame-memory.js'

const prefixBytes = 4

/** What is set aside for a frame of which little has come yet: as much as a socket reads at once. */
const firstGatherBytes = 64 * 1024

/** Takes one connection apart. The caller pushes what the socket gave and calls `next` until it is undefined. */
export class FrameSplitter {
  private readonly maxFrameBytes: number
  private readonly memory: FrameMemory
  /** What came and was not looked at yet, in order, without empty chunks. */
  private readonly chunks: Buffer[] = []
  /** How much of the first chunk was taken. */
  private taken = 0
  private waitingBytes = 0
  /** The length of the frame that is being gathered; -1 while its prefix is not complete. */
  private frameBytes = -1
  private gathered: Buffer | undefined
  private gatheredBytes = 0

  constructor(maxFrameBytes: number, memory = new FrameMemory(0)) {
    this.maxFrameBytes = maxFrameBytes
    this.memory = memory
  }

  /** The bytes that came and did not yet leave as a frame. */
  get bufferedBytes(): number {
    return this.waitingBytes + this.gatheredBytes
  }

  /** The length of the frame that is coming, as its prefix says; 0 between frames. */
  get announcedBytes(): number {
    return Math.max(0, this.frameBytes)
  }

  /** Takes over a chunk of the stream, which must not change any more. */
  push(chunk: Buffer): void {
    if (chunk.length === 0) return
    this.chunks.push(chunk)
    this.waitingBytes += chunk.length
  }

  /**
   * The next whole frame without its prefix; undefined until more has come. It may be a view of a chunk.
   *
   * Errors: invalid_frame, after which the connection cannot be read any further.
   */
  next(): Buffer | undefined {
    if (this.frameBytes === -1) {
      if (this.waitingBytes < prefixBytes) return undefined
      this.frameBytes = this.takePrefix()
    }
    const first = this.chunks[0]
    if (this.gathered === undefined && first !== undefined && first.length - this.taken >= this.frameBytes) {
      const frame = first.subarray(this.taken, this.taken + this.frameBytes)
      this.pass(this.frameBytes)
      this.frameBytes = -1
      return frame
    }
    return this.gather()
  }

  /** Moves what has come of a frame that spans chunks; returns it when it is whole. */
  private gather(): Buffer | undefined {
    while (this.gatheredBytes < this.frameBytes) {
      const first = this.chunks[0]
      if (first === undefined) return undefined
      const count = Math.min(first.length - this.taken, this.frameBytes - this.gatheredBytes)
      const target = this.roomFor(count)
      first.copy(target, this.gatheredBytes, this.taken, this.taken + count)
      this.gatheredBytes += count
      this.pass(count)
    }
    const frame = this.gathered?.subarray(0, this.frameBytes)
    this.gathered = undefined
    this.gatheredBytes = 0
    this.frameBytes = -1
    return frame
  }

  private roomFor(count: number): Buffer {
    const needed = this.gatheredBytes + count
    const before = this.gathered
    if (before !== undefined && before.length >= needed) return before
    const grown = this.moreMemory(needed)
    before?.copy(grown, 0, 0, this.gatheredBytes)
    if (before !== undefined) this.memory.giveBack(before)
    this.gathered = grown
    return grown
  }

  private moreMemory(neededBytes: number): Buffer {
    const { frameBytes, memory } = this
    // Parts of a small one may be kept by who reads it: they must not hold on to much more.
    if (frameBytes <= firstGatherBytes) return Buffer.allocUnsafeSlow(frameBytes)
    return memory.takeKept(frameBytes) ?? memory.take(neededBytes > firstGatherBytes ? frameBytes : firstGatherBytes)
  }

  private takePrefix(): number {
    const prefix = Buffer.allocUnsafe(prefixBytes)
    for (let at = 0; at < prefixBytes; at++) {
      prefix[at] = this.chunks[0]?.[this.taken] ?? 0
      this.pass(1)
    }
    const length = readInt32(prefix, 0)
    if (length > 0 && length <= this.maxFrameBytes) return length
    throw this.refusal(prefix, length)
  }

  private pass(count: number): void {
    this.taken += count
    this.waitingBytes -= count
    if (this.taken < (this.chunks[0]?.length ?? 0)) return
    this.chunks.shift()
    this.taken = 0
  }

  private refusal(prefix: Buffer, length: number): TailraceError {
    const other = protocolOf(prefix)
    return protocolErrors.make(
      'invalid_frame',
      `a frame of ${length} bytes is announced; 1 to ${this.maxFrameBytes} are taken`,
      {
        details: { length, maxFrameBytes: this.maxFrameBytes },
        ...(other === undefined ? {} : { hint: `The peer seems to speak ${other}: look at the port it was given.` }),
      },
    )
  }
}

/** What a stream that begins with these bytes is likely to be. */
function protocolOf(prefix: Buffer): string | undefined {
  if (prefix[0] === 0x16 && prefix[1] === 0x03) return 'TLS'
  return /^(GET |POST|PUT |HEAD|DELE|OPTI|PATC|CONN)$/.test(prefix.toString('latin1')) ? 'HTTP' : undefined
}
