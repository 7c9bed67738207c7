// The two index files beside a segment: loading, extending, saving, rebuilding.
//
// They are hints. Loaded entries that lie behind the segment's end or do not ascend are dropped, a gap that is too
// large or an answer that the log contradicts makes them anew. They are synced when the segment is closed.

import { runtimeErrors } from '../runtime/errors.js'
import type { Files, OpenFile } from '../runtime/files.js'
import { OffsetIndex, indexIntervalBytes, offsetEntryBytes } from './offset-index.js'
import { maxAppendBytes } from './frame.js'
import { TimeIndex, timeEntryBytes } from './time-index.js'

/** Counts to go back to when an append is taken back. */
export interface IndexMark {
  readonly offsetCount: number
  readonly timeCount: number
  readonly bytesSinceEntry: number
}

export class SegmentIndexes {
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  #bytesSinceEntry: number
  readonly #files: Files
  readonly #stem: string

  private constructor(files: Files, stem: string, saved?: { readonly offsets: Buffer; readonly times: Buffer }) {
    this.#files = files
    this.#stem = stem
    this.offsets = new OffsetIndex(saved?.offsets)
    this.times = new TimeIndex(saved?.times)
    // Unknown after loading: the next batch gets an entry, which is never wrong.
    this.#bytesSinceEntry = indexIntervalBytes + 1
  }

  static empty(files: Files, stem: string): SegmentIndexes {
    const indexes = new SegmentIndexes(files, stem)
    indexes.#bytesSinceEntry = 0
    return indexes
  }

  /** Reads both files; missing ones are empty. `bytes` is where the segment ends. */
  static load(files: Files, stem: string, bytes: number): SegmentIndexes {
    const saved = {
      offsets: readIndexFile(files, `${stem}.index`, offsetEntryBytes),
      times: readIndexFile(files, `${stem}.timeindex`, timeEntryBytes),
    }
    const indexes = new SegmentIndexes(files, stem, saved)
    indexes.offsets.cutToBytes(bytes)
    const reach =
      indexes.offsets.table.count === 0 ? -1 : indexes.offsets.relativeOffset(indexes.offsets.table.count - 1)
    indexes.times.cutToOffset(reach)
    return indexes
  }

  /** False when so much of the segment has no entry that the files cannot be what was saved. */
  isPlausible(bytes: number): boolean {
    return bytes - this.offsets.lastPosition() <= maxAppendBytes + indexIntervalBytes
  }

  /** Called for each batch, in order. The timestamp is the largest of the segment so far and its batch's last offset. */
  note(batch: {
    readonly relativeLastOffset: number
    readonly position: number
    readonly batchBytes: number
    readonly maxTimestampMs: number
    readonly relativeTimestampOffset: number
  }): void {
    if (this.#bytesSinceEntry > indexIntervalBytes) {
      this.offsets.append(batch.relativeLastOffset, batch.position)
      this.times.append(batch.maxTimestampMs, batch.relativeTimestampOffset)
      this.#bytesSinceEntry = 0
    }
    this.#bytesSinceEntry += batch.batchBytes
  }

  mark(): IndexMark {
    return {
      offsetCount: this.offsets.table.count,
      timeCount: this.times.table.count,
      bytesSinceEntry: this.#bytesSinceEntry,
    }
  }

  rollBack(to: IndexMark): void {
    this.offsets.table.cutTo(to.offsetCount)
    this.times.table.cutTo(to.timeCount)
    this.#bytesSinceEntry = to.bytesSinceEntry
  }

  /** Writes what the files lack; `sync` waits for the device. */
  async save(sync: boolean): Promise<void> {
    for (const [suffix, table] of [
      ['index', this.offsets.table],
      ['timeindex', this.times.table],
    ] as const) {
      const file = await this.#files.open(`${this.#stem}.${suffix}`, 'create')
      try {
        const count = table.count
        const position = table.savedCount * table.entryBytes
        // Entries that were dropped when loading may still stand behind.
        if (file.sizeSync() > position) await file.truncate(position)
        const missing = Buffer.from(table.unsaved())
        if (missing.length > 0) await file.write(missing, position)
        table.savedCount = Math.min(count, table.count)
        if (sync) await file.datasync()
      } finally {
        await file.close()
      }
    }
  }
}

function readIndexFile(files: Files, path: string, entryBytes: number): Buffer {
  let file: OpenFile
  try {
    file = files.openSync(path, 'read')
  } catch (error) {
    if (runtimeErrors.is(error, 'not_found')) return Buffer.alloc(0)
    throw error
  }
  try {
    const bytes = Buffer.alloc(Math.floor(file.sizeSync() / entryBytes) * entryBytes)
    const count = file.readSync(bytes, 0, bytes.length, 0)
    return bytes.subarray(0, Math.floor(count / entryBytes) * entryBytes)
  } finally {
    file.closeSync()
  }
}
