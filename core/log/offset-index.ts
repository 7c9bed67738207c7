// The sparse offset index of a segment, in Kafka's layout: entries of 8 bytes, ascending, big endian:
//
//   0 last offset of a batch, relative to the segment's base offset, i32     4 position of that batch, i32
//
// One entry for every 4096 bytes of log or more. An index is a hint: whoever uses an answer checks it against the
// batch at the position. Source: Apache Kafka, storage OffsetIndex.

import { readInt32, writeInt32 } from '../bytes/big-endian.js'

export const offsetEntryBytes = 8
export const indexIntervalBytes = 4096

/** A table of fixed-size entries that grows at its end; entries below `savedCount` are in the file. */
export class EntryTable {
  bytes: Buffer
  count: number
  savedCount: number
  readonly entryBytes: number

  constructor(entryBytes: number, bytes: Buffer = Buffer.alloc(0)) {
    this.entryBytes = entryBytes
    this.bytes = bytes
    this.count = Math.floor(bytes.length / entryBytes)
    this.savedCount = this.count
  }

  /** Where the next entry goes; the table has room for it and counts it. */
  add(): number {
    const at = this.count * this.entryBytes
    if (at + this.entryBytes > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(512, this.bytes.length * 2))
      this.bytes.copy(grown, 0, 0, at)
      this.bytes = grown
    }
    this.count++
    return at
  }

  cutTo(count: number): void {
    this.count = Math.min(this.count, count)
    this.savedCount = Math.min(this.savedCount, this.count)
  }

  /** What the file lacks; a view. */
  unsaved(): Buffer {
    return this.bytes.subarray(this.savedCount * this.entryBytes, this.count * this.entryBytes)
  }
}

export class OffsetIndex {
  readonly table: EntryTable

  constructor(saved?: Buffer) {
    this.table = new EntryTable(offsetEntryBytes, saved)
  }

  append(relativeLastOffset: number, position: number): void {
    const at = this.table.add()
    writeInt32(this.table.bytes, at, relativeLastOffset)
    writeInt32(this.table.bytes, at + 4, position)
  }

  relativeOffset(entry: number): number {
    return readInt32(this.table.bytes, entry * offsetEntryBytes)
  }

  position(entry: number): number {
    return readInt32(this.table.bytes, entry * offsetEntryBytes + 4) >>> 0
  }

  /** The position up to which the index reaches; 0 when it is empty. */
  lastPosition(): number {
    return this.table.count === 0 ? 0 : this.position(this.table.count - 1)
  }

  /** The last entry whose offset is at or below `relativeOffset`, or -1. */
  floor(relativeOffset: number): number {
    let low = 0
    let high = this.table.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.relativeOffset(middle) <= relativeOffset) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Drops entries at or behind `bytes` and everything from the first entry on that does not ascend. */
  cutToBytes(bytes: number): void {
    let count = 0
    let offset = -1
    let position = -1
    while (
      count < this.table.count &&
      this.relativeOffset(count) > offset &&
      this.position(count) > position &&
      this.position(count) < bytes
    ) {
      offset = this.relativeOffset(count)
      position = this.position(count)
      count++
    }
    this.table.cutTo(count)
  }
}
