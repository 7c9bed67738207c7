// The sparse time index of a segment, in Kafka's layout: entries of 12 bytes, ascending, big endian:
//
//   0 largest timestamp so far, i64      8 last offset of the batch that holds it, relative to the base offset, i32
//
// A hint, as the offset index is. Source: Apache Kafka, storage TimeIndex.

import { readInt32, readInt64, writeInt32, writeInt64 } from '../bytes/big-endian.js'
import { EntryTable } from './offset-index.js'

export const timeEntryBytes = 12

export class TimeIndex {
  readonly table: EntryTable

  constructor(saved?: Buffer) {
    this.table = new EntryTable(timeEntryBytes, saved)
  }

  /** Does nothing when the timestamp does not grow: an entry says "nothing before this one is as late". */
  append(timestampMs: number, relativeLastOffset: number): void {
    if (this.table.count > 0 && timestampMs <= this.timestamp(this.table.count - 1)) return
    const at = this.table.add()
    writeInt64(this.table.bytes, at, timestampMs)
    writeInt32(this.table.bytes, at + 8, relativeLastOffset)
  }

  timestamp(entry: number): number {
    return readInt64(this.table.bytes, entry * timeEntryBytes)
  }

  relativeOffset(entry: number): number {
    return readInt32(this.table.bytes, entry * timeEntryBytes + 8)
  }

  /**
   * The last entry with a smaller timestamp: no record up to its offset is as late as `timestampMs`, and a scan may
   * start there. -1 when there is none.
   */
  scanEntry(timestampMs: number): number {
    let low = 0
    let high = this.table.count
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.timestamp(middle) < timestampMs) low = middle + 1
      else high = middle
    }
    return low - 1
  }

  /** Drops entries behind `relativeOffset` and everything from the first entry on that does not ascend. */
  cutToOffset(relativeOffset: number): void {
    let count = 0
    let timestamp = -1
    let offset = -1
    while (count < this.table.count) {
      const ascends = this.timestamp(count) > timestamp && this.relativeOffset(count) >= offset
      if (!ascends || this.relativeOffset(count) > relativeOffset) break
      timestamp = this.timestamp(count)
      offset = this.relativeOffset(count)
      count++
    }
    this.table.cutTo(count)
  }
}
