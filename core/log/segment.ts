// One segment of a partition: `BASE.log` with its two indexes. Batches stand one behind the other, in the order of
// their offsets, the first at position 0. `bytes` is where they end for us: what lies behind in the file was never
// acknowledged. Appends are synchronous writes into the page cache; the journal makes them durable.

import { invariant } from '../errors/invariant.js'
import type { Files, OpenFile } from '../runtime/files.js'
import type { DescriptorCache } from './descriptor-cache.js'
import type { SegmentRecord } from './journal-entry.js'
import { SegmentIndexes, type IndexMark } from './segment-indexes.js'

export interface SegmentMark {
  readonly bytes: number
  readonly maxTimestampMs: number
  readonly maxTimestampOffset: number
  readonly indexes: IndexMark | undefined
}

export interface SegmentBatch {
  readonly lastOffset: number
  readonly position: number
  readonly batchBytes: number
  readonly maxTimestampMs: number
}

export interface SegmentHome {
  readonly files: Files
  readonly descriptors: DescriptorCache
  /** The partition's directory. */
  readonly directory: string
}

export class Segment {
  readonly baseOffset: number
  readonly stem: string
  readonly createdAtMs: number
  readonly cleanedAtMs: number
  bytes: number
  /** Up to here the file is on the device. */
  syncedBytes: number
  maxTimestampMs: number
  /** Compaction or retention took it out of its partition; its name may lead elsewhere. */
  isGone = false
  #maxTimestampOffset: number
  #indexes: SegmentIndexes | undefined
  #file: OpenFile | undefined
  #opening: Promise<OpenFile> | undefined
  #pins = 0
  #idleWaiters: (() => void)[] = []
  #isActive = false
  readonly #home: SegmentHome

  constructor(home: SegmentHome, stem: string, record: SegmentRecord) {
    this.#home = home
    this.stem = stem
    this.baseOffset = record.base
    this.bytes = record.bytes
    this.syncedBytes = record.bytes
    this.maxTimestampMs = record.maxTimestampMs
    this.createdAtMs = record.createdAtMs
    this.cleanedAtMs = record.cleanedAtMs
    this.#maxTimestampOffset = record.base
  }

  /** Makes (or empties) the file of a new active segment; synchronous, for the append path. */
  static create(home: SegmentHome, stem: string, record: SegmentRecord): Segment {
    const segment = new Segment(home, stem, record)
    const file = home.files.openSync(segment.logPath, 'create')
    if (file.sizeSync() > 0) file.truncateSync(0)
    segment.#file = file
    segment.#isActive = true
    segment.#indexes = SegmentIndexes.empty(home.files, stem)
    return segment
  }

  /** What compaction makes: reads and writes go to `file` until `settle` says that it stands under its name. */
  static adopt(
    home: SegmentHome,
    stem: string,
    made: { readonly record: SegmentRecord; readonly file: OpenFile },
  ): Segment {
    const segment = new Segment(home, stem, made.record)
    segment.#file = made.file
    segment.#isActive = true
    segment.#indexes = SegmentIndexes.empty(home.files, stem)
    return segment
  }

  /** The file stands under its name now, and may be closed and opened again. */
  settle(): void {
    this.retire()
  }

  get logPath(): string {
    return `${this.stem}.log`
  }

  get isDirty(): boolean {
    return this.syncedBytes < this.bytes
  }

  get isPinned(): boolean {
    return this.#pins > 0 || this.#isActive || this.isDirty
  }

  get isOpen(): boolean {
    return this.#file !== undefined
  }

  record(): SegmentRecord {
    return {
      base: this.baseOffset,
      bytes: this.bytes,
      maxTimestampMs: this.maxTimestampMs,
      createdAtMs: this.createdAtMs,
      cleanedAtMs: this.cleanedAtMs,
    }
  }

  /** Keeps the file open for appends. */
  activate(): void {
    this.#isActive = true
    this.#file ??= this.#home.files.openSync(this.logPath, 'write')
  }

  /** The last batch is in: the descriptor may go once the bytes are synced. */
  retire(): void {
    this.#isActive = false
    this.#home.descriptors.touch(this)
  }

  /** Takes note of a batch whose bytes are about to be written at its position. */
  note(batch: SegmentBatch): void {
    invariant(
      batch.position === this.bytes,
      `batch at ${batch.position} of ${this.logPath}, which ends at ${this.bytes}`,
    )
    if (batch.maxTimestampMs > this.maxTimestampMs) {
      this.maxTimestampMs = batch.maxTimestampMs
      this.#maxTimestampOffset = batch.lastOffset
    }
    this.indexes().note({
      relativeLastOffset: batch.lastOffset - this.baseOffset,
      position: batch.position,
      batchBytes: batch.batchBytes,
      maxTimestampMs: this.maxTimestampMs,
      relativeTimestampOffset: this.#maxTimestampOffset - this.baseOffset,
    })
    this.bytes = batch.position + batch.batchBytes
  }

  writevSync(parts: readonly Uint8Array[], position: number): void {
    invariant(this.#file !== undefined, `${this.logPath} is not open for appends`)
    const [first] = parts
    // A vectored write of one part costs half as much again as a plain one.
    if (parts.length === 1 && first !== undefined) this.#file.writeSync(first, position)
    else this.#file.writevSync(parts, position)
  }

  mark(): SegmentMark {
    return {
      bytes: this.bytes,
      maxTimestampMs: this.maxTimestampMs,
      maxTimestampOffset: this.#maxTimestampOffset,
      indexes: this.#indexes?.mark(),
    }
  }

  /** Takes back what was noted since the mark, and cuts what was written of it. */
  rollBack(to: SegmentMark): void {
    this.bytes = to.bytes
    this.maxTimestampMs = to.maxTimestampMs
    this.#maxTimestampOffset = to.maxTimestampOffset
    if (to.indexes === undefined) this.#indexes = undefined
    else this.#indexes?.rollBack(to.indexes)
    if (this.#file !== undefined && this.#file.sizeSync() > to.bytes) this.#file.truncateSync(to.bytes)
  }

  /** The indexes, loaded when first needed. */
  indexes(): SegmentIndexes {
    this.#indexes ??= SegmentIndexes.load(this.#home.files, this.stem, this.bytes)
    return this.#indexes
  }

  replaceIndexes(rebuilt: SegmentIndexes): void {
    this.#indexes = rebuilt
  }

  emptyIndexes(): SegmentIndexes {
    return SegmentIndexes.empty(this.#home.files, this.stem)
  }

  /** Runs `work` with the open file; the descriptor stays until it settles. */
  async use<T>(work: (file: OpenFile) => Promise<T>): Promise<T> {
    this.#pins++
    try {
      return await work(await this.#opened())
    } finally {
      this.#pins--
      if (this.#pins === 0) for (const wake of this.#idleWaiters.splice(0)) wake()
      this.#home.descriptors.touch(this)
    }
  }

  async #opened(): Promise<OpenFile> {
    if (this.#file !== undefined) return this.#file
    this.#opening ??= this.#home.files.open(this.logPath, 'write')
    try {
      this.#file = await this.#opening
    } finally {
      this.#opening = undefined
    }
    return this.#file
  }

  /** Syncs what was written so far; the indexes are saved with it, and synced once the segment is closed. */
  async sync(): Promise<void> {
    const upTo = this.bytes
    await this.use((file) => file.datasync())
    // The directory of a removed segment may belong to another one by now.
    if (!this.isGone) await this.#indexes?.save(!this.#isActive)
    this.syncedBytes = Math.max(this.syncedBytes, upTo)
    this.#home.descriptors.touch(this)
  }

  /** For the descriptor cache: lets go of the file and the loaded indexes of a closed segment that nobody uses. */
  letGo(): void {
    invariant(!this.isPinned, `${this.logPath} is in use`)
    this.#file?.closeSync()
    this.#file = undefined
    this.#indexes = undefined
  }

  /** At the end of the engine, or before its files are removed; reads under way end first. */
  async close(): Promise<void> {
    this.#isActive = false
    while (this.#pins > 0) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve))
    this.#home.descriptors.forget(this)
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }
}
