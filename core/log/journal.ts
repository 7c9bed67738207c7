// The journal as it is written: which file is in use, where the next frame goes, which files a checkpoint released.
//
// One caller (the committer) writes and syncs, one call at a time. Files are made when needed, from 2 up to the limit,
// filled with real bytes (an append then changes no metadata, which halves the price of a sync), and recycled in
// place. The last two files of the limit are kept for frames that a running checkpoint waits for, so that a full
// journal never waits for itself.

import { invariant } from '../errors/invariant.js'
import type { Files, OpenFile } from '../runtime/files.js'
import type { Random } from '../runtime/random.js'
import type { ReplayStart } from './checkpoint.js'
import type { DataLayout } from './data-layout.js'
import { epochBytes, frameAlignment } from './frame.js'
import { encodeJournalHeader, firstFramePosition, journalFormat } from './journal-file.js'

export interface JournalLimits {
  readonly fileBytes: number
  /** At least 4. */
  readonly maxFiles: number
}

export const defaultJournalLimits: JournalLimits = { fileBytes: 64 * 1024 * 1024, maxFiles: 12 }

/** For the frame that is written and the open one, when a checkpoint waits for both and each takes a file. */
const reservedFiles = 2
const fillBytes = 1024 * 1024
/** Below this, handing a write to the thread pool costs more than the write. */
const syncWriteBytes = 256 * 1024

interface UsedFile {
  readonly number: number
  readonly file: OpenFile
  readonly epoch: Buffer
  lastSequence: number
}

export interface JournalOptions {
  readonly files: Files
  readonly random: Random
  readonly layout: DataLayout
  readonly hubId: string
  readonly limits: JournalLimits
}

export class Journal {
  readonly #options: JournalOptions
  /** In the order of their frames; the last one takes the next. */
  #used: UsedFile[] = []
  #free: { readonly number: number; readonly file: OpenFile }[] = []
  #nextNumber = 0
  #position = firstFramePosition
  #making: Promise<void> | undefined
  /** Bytes of frames since the start. */
  writtenBytes = 0
  /** Of the newest checkpoint that is durable; each frame tells. */
  checkpointNumber = 0
  /** Places that were asked for, by sequence. */
  readonly #watched = new Map<number, ReplayStart | undefined>()

  private constructor(options: JournalOptions) {
    this.#options = options
  }

  /**
   * Starts a new chain of files at `sequence`, in a file that none of `untouchable` is; files that are given up stay
   * untouched until `release` is called.
   */
  static async start(
    options: JournalOptions,
    start: { readonly sequence: number; readonly existing: readonly number[]; readonly untouchable: readonly number[] },
  ): Promise<Journal> {
    const journal = new Journal(options)
    await options.files.makeDirectory(options.layout.journalDirectory)
    journal.#nextNumber = start.existing.length === 0 ? 0 : Math.max(...start.existing) + 1
    for (const number of start.existing) {
      if (start.untouchable.includes(number)) continue
      const file = await options.files.open(options.layout.journalFile(number), 'write')
      if (file.sizeSync() === options.limits.fileBytes) journal.#free.push({ number, file })
      else {
        // Made by a start that was cut off, or under another limit.
        await file.close()
        await options.files.unlink(options.layout.journalFile(number))
      }
    }
    await journal.#putToUse(start.sequence)
    // With two, a checkpoint can always release the one that is not in use: no disk is full enough to stop the journal.
    await journal.ensureFree()
    return journal
  }

  get usedFileCount(): number {
    return this.#used.length
  }

  get fileCount(): number {
    return this.#used.length + this.#free.length
  }

  get limits(): JournalLimits {
    return this.#options.limits
  }

  /** Resolves when there is a file to change to, or rejects with what keeps it from being made. */
  async ensureFree(): Promise<void> {
    await this.#making?.catch(() => undefined)
    if (this.#free.length === 0) await this.#makeFile()
  }

  get current(): UsedFile {
    const current = this.#used.at(-1)
    invariant(current !== undefined, 'a journal has a file in use')
    return current
  }

  /** Takes note of the place of the frame `sequence`, at the latest when the frame before it is written. */
  watchPlace(sequence: number): void {
    this.#watched.set(sequence, undefined)
    this.#noteWatched()
  }

  /** The place that was watched; the frames before it are written. */
  watchedPlace(sequence: number): ReplayStart {
    const place = this.#watched.get(sequence)
    invariant(place !== undefined, `the place of frame ${sequence} is known`)
    this.#watched.delete(sequence)
    return place
  }

  #noteWatched(): void {
    const sequence = this.current.lastSequence + 1
    if (!this.#watched.has(sequence)) return
    this.#watched.set(sequence, { sequence, epoch: this.current.epoch.toString('hex'), position: this.#position })
  }

  get epoch(): Buffer {
    return this.current.epoch
  }

  /** Must a frame of so many bytes go to another file? */
  needsFile(frameBytes: number): boolean {
    return this.#position + frameBytes > this.#options.limits.fileBytes
  }

  /** Is there another file to take, within the limit? `reserved` opens the last ones. */
  hasRoom(reserved: boolean): boolean {
    const limit = this.#options.limits.maxFiles - (reserved ? 0 : reservedFiles)
    return this.#used.length < limit
  }

  /** Syncs the file in use and takes the next for frames from `sequence` on. */
  async changeFile(sequence: number): Promise<void> {
    await this.current.file.datasync()
    await this.#putToUse(sequence)
  }

  /** Is a frame of so many bytes written when `write` returns, and not only when it resolves? */
  writesAtOnce(frameBytes: number): boolean {
    return frameBytes <= syncWriteBytes
  }

  async write(frame: Buffer, sequence: number): Promise<void> {
    const { current } = this
    invariant(this.#position + frame.length <= this.#options.limits.fileBytes, 'the frame fits into the journal file')
    if (this.writesAtOnce(frame.length)) current.file.writeSync(frame, this.#position)
    else await current.file.write(frame, this.#position)
    this.#position += frame.length
    this.writtenBytes += frame.length
    current.lastSequence = sequence
    this.#noteWatched()
    this.#makeAhead()
  }

  /** What was written before the call is on the device when it resolves. */
  sync(): Promise<void> {
    return this.current.file.datasync()
  }

  /** A checkpoint covers all frames before the place: files before the one that it names may be reused. */
  release(replay: ReplayStart): void {
    while (this.#used.length > 1) {
      const [first] = this.#used
      if (first === undefined || first.epoch.toString('hex') === replay.epoch) return
      this.#used.shift()
      this.#free.push({ number: first.number, file: first.file })
    }
  }

  /** Files of a chain that recovery has made superfluous. */
  async adopt(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      const path = this.#options.layout.journalFile(number)
      const file = await this.#options.files.open(path, 'write')
      if (file.sizeSync() === this.#options.limits.fileBytes && this.fileCount < this.#options.limits.maxFiles) {
        this.#free.push({ number, file })
      } else {
        await file.close()
        await this.#options.files.unlink(path)
      }
    }
  }

  async close(): Promise<void> {
    await this.#making?.catch(() => undefined)
    for (const { file } of [...this.#used, ...this.#free]) await file.close()
  }

  /** Half a file before the end a next one is made in the background, so that no append waits for 64 MiB of zeros. */
  #makeAhead(): void {
    const isHalfFull = this.#position > this.#options.limits.fileBytes / 2
    if (!isHalfFull || this.#free.length > 0 || this.#making !== undefined || !this.hasRoom(false)) return
    this.#making = this.#makeFile().finally(() => {
      this.#making = undefined
    })
    // A disk without room for it shows when the file is needed.
    this.#making.catch(() => undefined)
  }

  async #makeFile(): Promise<void> {
    const { files, layout, limits } = this.#options
    const number = this.#nextNumber++
    const path = layout.journalFile(number)
    const file = await files.open(path, 'create')
    try {
      const zeros = Buffer.alloc(Math.min(fillBytes, limits.fileBytes))
      for (let position = 0; position < limits.fileBytes; position += zeros.length) {
        await file.write(zeros.subarray(0, Math.min(zeros.length, limits.fileBytes - position)), position)
      }
      await file.datasync()
      await files.syncDirectory(layout.journalDirectory)
    } catch (error) {
      await file.close()
      await files.unlink(path).catch(() => undefined)
      throw error
    }
    this.#free.push({ number, file })
  }

  async #putToUse(firstSequence: number): Promise<void> {
    const { random, hubId } = this.#options
    await this.ensureFree()
    const taken = this.#free.shift()
    invariant(taken !== undefined, 'a journal file was made')
    const epoch = random.bytes(epochBytes)
    const previousEpoch = this.#used.at(-1)?.epoch ?? Buffer.alloc(epochBytes)
    await taken.file.write(
      encodeJournalHeader({ format: journalFormat, epoch, previousEpoch, firstSequence, hubId }),
      0,
    )
    await taken.file.datasync()
    this.#used.push({ number: taken.number, file: taken.file, epoch, lastSequence: firstSequence - 1 })
    this.#position = firstFramePosition
    this.#noteWatched()
  }
}

/** The largest frame that a journal of these limits takes. */
export function frameLimitBytes(limits: JournalLimits, maxFrameBytes: number): number {
  const room = limits.fileBytes - firstFramePosition
  return Math.min(maxFrameBytes, Math.floor(room / frameAlignment) * frameAlignment)
}
