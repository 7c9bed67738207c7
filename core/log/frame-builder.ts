// The frame that is being filled: header room, entries, running CRC. A journal has two of them, so that one fills
// while the other is written.

import { crc32c } from '../bytes/crc32c.js'
import { alignedFrameBytes, frameHeaderBytes, sealFrame } from './frame.js'
import { batchEntryBytes, encodeChange, placeBatchEntry, type LogChange } from './journal-entry.js'

const firstCapacityBytes = 1024 * 1024
const summedBytes = 64 * 1024

/** A point to go back to when what was added since could not be written to its segments. */
export interface FrameMark {
  readonly end: number
  readonly entryCount: number
  readonly crc: number
}

export class FrameBuilder {
  #bytes: Buffer
  #end = frameHeaderBytes
  #entryCount = 0
  #crc = 0
  #summedTo = frameHeaderBytes
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
    this.#bytes = Buffer.allocUnsafeSlow(Math.min(firstCapacityBytes, maxBytes))
  }

  get isEmpty(): boolean {
    return this.#entryCount === 0
  }

  /** The frame's bytes; entries stand where addBatch said. Valid until the next add. */
  get bytes(): Buffer {
    return this.#bytes
  }

  /** What the sealed frame takes in the journal. */
  get sealedBytes(): number {
    return alignedFrameBytes(this.#end - frameHeaderBytes)
  }

  /** Would entries of so many bytes (entry headers included) still fit? */
  fits(entryBytes: number): boolean {
    return alignedFrameBytes(this.#end - frameHeaderBytes + entryBytes) <= this.#maxBytes
  }

  mark(): FrameMark {
    this.#sum()
    return { end: this.#end, entryCount: this.#entryCount, crc: this.#crc }
  }

  rollBack(to: FrameMark): void {
    this.#end = to.end
    this.#entryCount = to.entryCount
    this.#crc = to.crc
    this.#summedTo = to.end
  }

  /**
   * Copies entry header and batch in and returns where the batch now starts. The caller patches the copy and then
   * calls `finishEntry`, which takes the entry into the CRC.
   */
  addBatch(
    template: Buffer,
    place: { readonly segmentBase: number; readonly position: number },
    batch: Uint8Array,
  ): number {
    const at = this.#end
    this.#reserve(at + batchEntryBytes + batch.length)
    template.copy(this.#bytes, at)
    placeBatchEntry(this.#bytes, at, {
      segmentBase: place.segmentBase,
      position: place.position,
      batchBytes: batch.length,
    })
    this.#bytes.set(batch, at + batchEntryBytes)
    return at + batchEntryBytes
  }

  finishEntry(end: number): void {
    this.#end = end
    this.#entryCount++
    // One call for many small entries; large ones are summed while the frame before is being synced.
    if (end - this.#summedTo >= summedBytes) this.#sum()
  }

  #sum(): void {
    this.#crc = crc32c(this.#bytes, this.#summedTo, this.#end, this.#crc)
    this.#summedTo = this.#end
  }

  addChange(change: LogChange): void {
    const entry = encodeChange(change)
    this.#reserve(this.#end + entry.length)
    this.#bytes.set(entry, this.#end)
    this.finishEntry(this.#end + entry.length)
  }

  /** Completes the frame and returns it whole, padding included; valid until `reset`. */
  seal(frame: {
    readonly epoch: Buffer
    readonly sequence: number
    readonly durable: number
    readonly checkpoint: number
    readonly sealedAtMs: number
  }): Buffer {
    const bodyBytes = this.#end - frameHeaderBytes
    const wholeBytes = alignedFrameBytes(bodyBytes)
    this.#reserve(wholeBytes)
    this.#bytes.fill(0, this.#end, wholeBytes)
    this.#sum()
    sealFrame(this.#bytes, { ...frame, bodyBytes, bodyCrc: this.#crc, entryCount: this.#entryCount })
    return this.#bytes.subarray(0, wholeBytes)
  }

  reset(): void {
    this.#end = frameHeaderBytes
    this.#entryCount = 0
    this.#crc = 0
    this.#summedTo = frameHeaderBytes
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return
    const grown = Buffer.allocUnsafeSlow(Math.min(this.#maxBytes, Math.max(end, this.#bytes.length * 2)))
    this.#bytes.copy(grown, 0, 0, this.#end)
    this.#bytes = grown
  }
}
