// The different values of a leaf of text or binary, numbered as they first came, and found again by a hash of their bytes.
//
// Values lie one behind the other in Parquet's PLAIN form: they are the dictionary's page. The table holds number + 1 at
// the place of the hash or the next free one behind it; 0 is free. What was added last is what can be taken out again:
// then no other value can have been pushed behind the place that becomes free.

import { PlainValues } from './plain-values.js'
import type { Tally } from './tally.js'

/** A number fits into two bytes; pages of a dictionary beyond a MiB are slow to read, and hardly pay. */
const mostValues = 65_536
const mostBytes = 1024 * 1024

/** What a value takes beside its bytes: its length, its place, its hash and twice its place in the table. */
const overheadBytes = 20
const firstTableSize = 64

/** What a dictionary begins with, so that a thousand empty ones cost little: one free place, which is never taken. */
const noNumbers = new Int32Array(0)
const emptyTable = new Int32Array(1)

/**
 * Whoever writes records can make hashes collide; a value that is not found within so many steps counts as one for
 * which there is no room. Clusters of a table that is half full are shorter by far.
 */
const mostSteps = 512

export class ByteDictionary {
  readonly values = new PlainValues()
  count = 0
  readonly #tally: Tally
  /** By number: where the value's length begins in `values`, and its hash. */
  #starts = noNumbers
  #hashes = noNumbers
  #table = emptyTable
  /** The row that added last, and the count before it. */
  #addingRow = -1
  #countBefore = 0

  constructor(tally: Tally) {
    this.#tally = tally
  }

  /** The number of the bytes from `start` up to `end`, which are added when they are new; -1 without room for them. */
  numberOf(source: DataView, start: number, end: number): number {
    const hash = hashOf(source, start, end)
    const table = this.#table
    const mask = table.length - 1
    let place = hash & mask
    for (let steps = 0; table[place] !== 0; place = (place + 1) & mask) {
      if (steps++ === mostSteps) return -1
      const number = table[place]! - 1
      if (this.#hashes[number] !== hash) continue
      if (this.values.holdsSized(this.#starts[number]!, source, start, end)) return number
    }
    return this.#add(hash, source, start, end)
  }

  /** Where the value begins in `values`, in front of its length. */
  startOf(number: number): number {
    return this.#starts[number]!
  }

  /** Bytes of the value and its length. */
  sizeOf(number: number): number {
    return 4 + this.values.readUint32(this.#starts[number]!)
  }

  /** What it counts for in the tally. */
  get sizeBytes(): number {
    return this.values.usedBytes + this.count * (overheadBytes - 4)
  }

  /** Takes out what the row added that is being filled. */
  rollback(): void {
    if (this.#addingRow !== this.#tally.rowCount) return
    const heldBytes = this.sizeBytes
    while (this.count > this.#countBefore) {
      this.count--
      this.values.usedBytes = this.#starts[this.count]!
      this.#table[this.#placeOf(this.count)] = 0
    }
    this.#tally.sizeBytes -= heldBytes - this.sizeBytes
    this.#addingRow = -1
  }

  /** Gives its memory back; it is not used any more. */
  release(): void {
    this.values.clear()
  }

  // oxlint-disable-next-line max-params -- the hash and a range
  #add(hash: number, source: DataView, start: number, end: number): number {
    const { values, count } = this
    const neededBytes = values.usedBytes + 4 + end - start
    if (count === mostValues || neededBytes > mostBytes) return -1
    if (this.#addingRow !== this.#tally.rowCount) {
      this.#addingRow = this.#tally.rowCount
      this.#countBefore = count
    }
    if (count === this.#starts.length) this.#grow()
    this.#starts[count] = values.usedBytes
    this.#hashes[count] = hash
    values.putSized(source, start, end)
    this.#table[this.#freePlace(hash)] = count + 1
    this.count = count + 1
    this.#tally.sizeBytes += end - start + overheadBytes
    return count
  }

  #freePlace(hash: number): number {
    const mask = this.#table.length - 1
    let place = hash & mask
    while (this.#table[place] !== 0) place = (place + 1) & mask
    return place
  }

  #placeOf(number: number): number {
    const mask = this.#table.length - 1
    let place = this.#hashes[number]! & mask
    while (this.#table[place] !== number + 1) place = (place + 1) & mask
    return place
  }

  /** The table stays at most half full. */
  #grow(): void {
    const starts = new Int32Array(Math.max(this.#starts.length * 2, firstTableSize / 2))
    const hashes = new Int32Array(starts.length)
    starts.set(this.#starts)
    hashes.set(this.#hashes)
    this.#starts = starts
    this.#hashes = hashes
    this.#table = new Int32Array(starts.length * 2)
    for (let number = 0; number < this.count; number++) {
      this.#table[this.#freePlace(hashes[number]!)] = number + 1
    }
  }
}

/** Four bytes a step, the last ones twice if need be; multiplications after those of MurmurHash3. */
function hashOf(source: DataView, start: number, end: number): number {
  let hash = end - start
  if (hash >= 4) {
    for (let at = start, lastWord = end - 4; at < lastWord; at += 4) {
      hash = Math.imul(hash ^ Math.imul(source.getInt32(at, true), 0xcc9e2d51), 0x1b873593)
      hash ^= hash >>> 15
    }
    hash = Math.imul(hash ^ Math.imul(source.getInt32(end - 4, true), 0xcc9e2d51), 0x1b873593)
  } else {
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ source.getUint8(at), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return hash ^ (hash >>> 13)
}
