// A plan: one contiguous range of one partition that grows, the files its records go to, and when it is complete.
// Pure: no disk, no clock. What a plan becomes on disk stands in publication.ts.

import type { RecordCursor } from '../../core/record/record-cursor.js'
import type { BoundPath, OffsetRange } from './bound-path.js'
import type { PlannedFile } from './planned-file.js'

/**
 * Files a plan may have; the next one ends it. Bounds what is remembered of a plan (a path has at most 1024 bytes), and
 * the files that a crash leaves unfinished.
 */
export const mostPlanFiles = 256

export interface RotationLimits {
  /** Of one file. */
  readonly bytes: number
  /** Of all files together. */
  readonly records: number
}

export class Plan {
  readonly firstOffset: number
  /** Of the monotonic clock. */
  readonly startedMs: number
  recordCount = 0

  readonly #path: BoundPath
  readonly #makeFile: (group: string, index: number) => PlannedFile | undefined
  readonly #files = new Map<string, PlannedFile>()
  #nextOffset: number
  /** The file of the record before, with what its group followed from. */
  #lastFile: PlannedFile | undefined
  #lastGroup = ''
  #lastBucket = Number.NaN

  constructor(
    start: { readonly firstOffset: number; readonly startedMs: number },
    path: BoundPath,
    makeFile: (group: string, index: number) => PlannedFile | undefined,
  ) {
    this.firstOffset = start.firstOffset
    this.startedMs = start.startedMs
    this.#nextOffset = start.firstOffset
    this.#path = path
    this.#makeFile = makeFile
  }

  get range(): OffsetRange {
    return { firstOffset: this.firstOffset, nextOffset: this.#nextOffset }
  }

  get nextOffset(): number {
    return this.#nextOffset
  }

  /** In the order in which their first records came. */
  get files(): readonly PlannedFile[] {
    return [...this.#files.values()]
  }

  /** The name of a file, which is known when the range does not grow any more. */
  nameOf(file: PlannedFile): string {
    return this.#path.nameOf(file.group, this.range)
  }

  /** The file for the record under the cursor; undefined when it would be one too many. */
  fileFor(cursor: RecordCursor): PlannedFile | undefined {
    const { varies } = this.#path
    const bucket = varies === 'by-time' ? this.#path.bucketOf(cursor) : 0
    if (varies !== 'by-field' && bucket === this.#lastBucket) return this.#lastFile
    const group = this.#path.groupOf(cursor)
    if (group !== this.#lastGroup) {
      const file = this.#files.get(group) ?? this.#newFile(group)
      if (file === undefined) return undefined
      this.#lastFile = file
      this.#lastGroup = group
    }
    this.#lastBucket = bucket
    return this.#lastFile
  }

  /** The record of `offset` is in one of its files. */
  took(offset: number): void {
    this.recordCount++
    this.#nextOffset = offset + 1
  }

  /** The record of `offset` goes to the dead letters. */
  passed(offset: number): void {
    this.#nextOffset = offset + 1
  }

  /** There are no records up to `nextOffset` that it has not taken. */
  reach(nextOffset: number): void {
    if (nextOffset > this.#nextOffset) this.#nextOffset = nextOffset
  }

  /** Is it complete, now that `file` has grown? */
  isFull(file: PlannedFile, limits: RotationLimits): boolean {
    return this.recordCount >= limits.records || file.sizeBytes >= limits.bytes
  }

  #newFile(group: string): PlannedFile | undefined {
    const index = this.#files.size
    if (index === mostPlanFiles) return undefined
    const file = this.#makeFile(group, index)
    if (file === undefined) return undefined
    this.#files.set(group, file)
    return file
  }
}
