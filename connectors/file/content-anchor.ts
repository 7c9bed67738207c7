// What ties a position to a file's content: the first bytes of the file, at most 1 KiB, and the 64 bytes before the
// position. An inode is used again by the next file; content that was read does not come back by chance.
//
// The bytes themselves are kept in memory while a file is followed; a resume point holds only their hashes, so that no
// log text leaves its topic. A hash is the first 12 bytes of SHA-256, base64url.

import { createHash } from 'node:crypto'
import type { OpenFile } from '../../core/runtime/files.js'

export const headLimitBytes = 1024
export const tailLimitBytes = 64

/** The form in a resume point. */
export interface SavedAnchor {
  readonly headBytes: number
  readonly head: string
  readonly tailBytes: number
  readonly tail: string
}

/** Reads `length` bytes at `position` of the file's (uncompressed) content; fewer at its end. */
export type ContentReader = (into: Buffer, length: number, position: number) => number

export function readerOf(file: Pick<OpenFile, 'readSync'>): ContentReader {
  return (into, length, position) => file.readSync(into, 0, length, position)
}

/** A copy in memory of its own: a slice of Buffer's pool that is kept for long pins 8 KiB. */
export function ownedBytes(bytes: Uint8Array): Buffer {
  const owned = Buffer.allocUnsafeSlow(bytes.length)
  owned.set(bytes)
  return owned
}

const noBytes = Buffer.alloc(0)
const scratch = Buffer.allocUnsafe(headLimitBytes)

export class ContentAnchor {
  /** The head while it still grows, or may be asked for its hash. */
  #head: Buffer = noBytes
  #headHash: string | undefined
  #headBytes = 0
  /** The last bytes before the position; undefined while only their hash is known. */
  #tail: Buffer | undefined = noBytes
  #tailHash: string | undefined
  #tailBytes = 0

  /** An anchor from a resume point; `confirm` it before reading on. */
  static restored(saved: SavedAnchor): ContentAnchor {
    const anchor = new ContentAnchor()
    anchor.#headBytes = saved.headBytes
    anchor.#headHash = saved.head
    anchor.#tailBytes = saved.tailBytes
    anchor.#tailHash = saved.tail
    anchor.#tail = saved.tailBytes === 0 ? noBytes : undefined
    return anchor
  }

  get headBytes(): number {
    return this.#headBytes
  }

  /** Is the content before `position` what was read there? Reads at most 1,088 bytes. */
  confirm(read: ContentReader, position: number): boolean {
    if (!this.hasHead(read)) return false
    const tail = Buffer.allocUnsafeSlow(this.#tailBytes)
    if (read(tail, tail.length, position - tail.length) < tail.length) return false
    if (this.#tail === undefined ? hashOf(tail) !== this.#tailHash : !tail.equals(this.#tail)) return false
    this.#tail = tail
    return true
  }

  /** Does the content begin with the head? */
  hasHead(read: ContentReader): boolean {
    const wanted = this.#headBytes
    if (wanted === 0) return true
    if (read(scratch, wanted, 0) < wanted) return false
    const head = scratch.subarray(0, wanted)
    if (hashOf(head) !== this.#hashOfHead()) return false
    if (wanted < headLimitBytes && this.#head.length < wanted) this.#head = ownedBytes(head)
    return true
  }

  /** Takes the anchor of a file whose reading begins in the middle. */
  take(read: ContentReader, position: number): void {
    this.#head = noBytes
    this.#headBytes = 0
    this.#headHash = undefined
    const headBytes = read(scratch, Math.min(headLimitBytes, position), 0)
    this.extendHead(scratch, 0, headBytes, 0)
    const tail = Buffer.allocUnsafeSlow(Math.min(tailLimitBytes, position))
    read(tail, tail.length, position - tail.length)
    this.#setTail(tail)
  }

  /** Tells of bytes that were read, `bytes` from `start` to `end`, the first at `position` of the file. */
  extendHead(bytes: Buffer, start: number, end: number, position: number): void {
    const have = this.#headBytes
    if (have === headLimitBytes || position > have || position + end - start <= have) return
    const from = start + have - position
    const taken = bytes.subarray(from, Math.min(end, from + headLimitBytes - have))
    this.#head = ownedBytes(Buffer.concat([this.#head, taken]))
    this.#headBytes = this.#head.length
    this.#headHash = undefined
    if (this.#headBytes === headLimitBytes) {
      this.#hashOfHead()
      this.#head = noBytes
    }
  }

  /** Tells that the position moved to index `end` of `bytes`, which begin at index `start`. Copies what it keeps. */
  moveTail(bytes: Buffer, start: number, end: number): void {
    this.#setTail(ownedBytes(bytes.subarray(Math.max(start, end - tailLimitBytes), end)))
  }

  /** How many bytes before the position a read has to begin, so that `matches` can compare them. */
  overlapBytes(position: number): number {
    return position < headLimitBytes ? position : this.#tailBytes
  }

  /**
   * Do bytes that were read, `bytes` up to `end`, begin with what was read before? Within the head all of it counts,
   * also what lies behind the position and was read in vain; behind it the tail does.
   */
  matches(bytes: Buffer, end: number, position: number): boolean {
    if (position < headLimitBytes) {
      const headBytes = this.#headBytes
      if (end < headBytes) return false
      if (headBytes < headLimitBytes) return bytes.compare(this.#head, 0, headBytes, 0, headBytes) === 0
      return hashOf(bytes.subarray(0, headBytes)) === this.#hashOfHead()
    }
    const tail = this.#tail
    return tail !== undefined && end >= tail.length && bytes.compare(tail, 0, tail.length, 0, tail.length) === 0
  }

  saved(): SavedAnchor {
    this.#tailHash ??= hashOf(this.#tail ?? noBytes)
    return { headBytes: this.#headBytes, head: this.#hashOfHead(), tailBytes: this.#tailBytes, tail: this.#tailHash }
  }

  #setTail(tail: Buffer): void {
    this.#tail = tail
    this.#tailBytes = tail.length
    this.#tailHash = undefined
  }

  #hashOfHead(): string {
    this.#headHash ??= hashOf(this.#head)
    return this.#headHash
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest().toString('base64url', 0, 12)
}
