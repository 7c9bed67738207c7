// Reads files as they lie on disk, one window at a time into one buffer for all of them.
//
// Every visit compares the head of the file, and every read begins with bytes before the position (64, or all of the
// first 1 KiB) and compares them too: a truncation is seen by the very read that would go wrong, even when the file
// has grown beyond the position again.

import type { RecordWriter } from '../../core/connector/source.js'
import { invariant } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { OpenFile } from '../../core/runtime/files.js'
import { headLimitBytes, readerOf } from './content-anchor.js'
import type { DescriptorPool } from './descriptor-pool.js'
import type { Ending, RecordEmitter } from './record-emitter.js'
import { identityOf, type TrackedFile } from './tracked-file.js'
import { type Outcome, quantumBytes } from './visit.js'

export interface PlainReaderOptions {
  readonly pool: DescriptorPool
  readonly emitter: RecordEmitter
  readonly endingOf: (file: TrackedFile) => Ending
  readonly nowMs: () => number
}

export class PlainReader {
  readonly #options: PlainReaderOptions
  #buffer = Buffer.allocUnsafeSlow(headLimitBytes + quantumBytes)

  constructor(options: PlainReaderOptions) {
    this.#options = options
  }

  /** Reads up to a quantum from the file's position on. A file that cannot be read is an outcome, not an error. */
  async visit(file: TrackedFile, into: RecordWriter): Promise<Outcome> {
    try {
      const open = this.#options.pool.acquire(file)
      const otherwise = file.verified ? undefined : await this.#verify(file, open)
      file.failure = undefined
      return otherwise ?? this.#read(file, open, into)
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error
      this.#options.pool.release(file)
      if (error.code === 'not_found') return 'displaced'
      file.failure = error.message
      return 'failed'
    }
  }

  /** Is this the file that was seen, with the content that was read? The outcome of the visit when it is not. */
  async #verify(file: TrackedFile, open: OpenFile): Promise<Outcome | undefined> {
    const stat = await open.stat()
    // Between the look and the opening another file may have come to the path, even through a link.
    if (identityOf(stat) !== file.identity || stat.kind !== 'file') {
      this.#options.pool.release(file)
      return 'displaced'
    }
    if (stat.bytes < file.position || !file.anchor.confirm(readerOf(open), file.position)) return this.#replaced(file)
    file.verified = true
    file.confirmed = true
    return undefined
  }

  #read(file: TrackedFile, open: OpenFile, into: RecordWriter): Outcome {
    const sizeBytes = open.sizeSync()
    if (sizeBytes < file.position || !file.anchor.hasHead(readerOf(open))) return this.#replaced(file)
    if (sizeBytes !== file.bytes) {
      file.bytes = sizeBytes
      file.changedAtMs = this.#options.nowMs()
    }
    for (let wantedBytes = quantumBytes; ; wantedBytes *= 2) {
      const unreadBytes = sizeBytes - file.position
      const windowBytes = Math.min(unreadBytes, wantedBytes)
      const overlapBytes = file.anchor.overlapBytes(file.position)
      const bytes = this.#bufferOf(overlapBytes + windowBytes)
      const readBytes = open.readSync(bytes, 0, overlapBytes + windowBytes, file.position - overlapBytes)
      if (readBytes < overlapBytes || !file.anchor.matches(bytes, readBytes, file.position)) return this.#replaced(file)
      if (unreadBytes === 0) return 'drained'
      const position = file.position
      const end = readBytes
      const isWhole = readBytes === overlapBytes + windowBytes
      const isAtEnd = isWhole && windowBytes === unreadBytes
      const ending = isAtEnd ? this.#options.endingOf(file) : 'open'
      const isTaken = this.#options.emitter.emit(file, { bytes, start: overlapBytes, end }, ending, into)
      this.#note(file, { bytes, start: overlapBytes, end, position })
      if (!isTaken) return 'full'
      if (isAtEnd) return file.position === sizeBytes ? 'drained' : 'unfinished'
      // A read that came back short met a truncation: the next visit sees it.
      if (file.position > position || !isWhole) return 'more'
      const { leastWindowBytes } = this.#options.emitter
      invariant(windowBytes < leastWindowBytes, `${file.at} stands still at ${position} with ${windowBytes} bytes`)
    }
  }

  /** Takes what the window says into anchor and account. */
  #note(file: TrackedFile, window: { bytes: Buffer; start: number; end: number; position: number }): void {
    const { bytes, start, end, position } = window
    file.anchor.extendHead(bytes, start, end, position)
    if (file.position > position) file.anchor.moveTail(bytes, 0, start + file.position - position)
    file.account.readTo = Math.max(file.account.readTo, position + end - start)
    file.account.check(file.position, file.at)
  }

  #replaced(file: TrackedFile): Outcome {
    this.#options.pool.release(file)
    file.replaced = true
    return 'replaced'
  }

  #bufferOf(neededBytes: number): Buffer {
    if (this.#buffer.length < neededBytes) this.#buffer = Buffer.allocUnsafeSlow(neededBytes)
    return this.#buffer
  }
}
