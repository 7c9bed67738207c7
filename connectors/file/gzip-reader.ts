// Reads compressed files, which never grow: decompressed as a stream, resumed by position in the decompressed bytes.
//
// One at a time, so that memory and descriptors are bounded whatever is found; the others wait for their turn. To go on
// in the middle, everything before the position is decompressed again and the anchors are compared on the way.

import { Readable, pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { RecordWriter } from '../../core/connector/source.js'
import { invariant } from '../../core/errors/invariant.js'
import { messageOf, TailraceError } from '../../core/errors/tailrace-error.js'
import type { Files, OpenFile } from '../../core/runtime/files.js'
import { headLimitBytes, tailLimitBytes } from './content-anchor.js'
import type { RecordEmitter } from './record-emitter.js'
import { identityOf, type TrackedFile } from './tracked-file.js'
import { type Outcome, quantumBytes } from './visit.js'

const compressedChunkBytes = 64 * 1024

/** Decompressed bytes per visit while going to the position: what is passed over must not hold up other files. */
const passedBytesPerVisit = 16 * 1024 * 1024

export interface GzipReaderOptions {
  readonly files: Files
  readonly emitter: RecordEmitter
  readonly nowMs: () => number
  /** A file that ends too early may still be written: how long it must have been quiet to be given up. */
  readonly settleMs: number
}

export class GzipReader {
  readonly #options: GzipReaderOptions
  #active: { readonly file: TrackedFile; readonly stream: GzipStream } | undefined

  constructor(options: GzipReaderOptions) {
    this.#options = options
  }

  /** Whether a descriptor is in use. */
  get isActive(): boolean {
    return this.#active !== undefined
  }

  /** Reads up to a quantum; 'more' without any when another file is being read. */
  async visit(file: TrackedFile, into: RecordWriter): Promise<Outcome> {
    if (this.#active !== undefined && this.#active.file !== file) return 'more'
    try {
      if (this.#active === undefined) {
        const stream = await GzipStream.open(this.#options.files, file)
        if (stream === undefined) return 'displaced'
        this.#active = { file, stream }
      }
      file.failure = undefined
      const outcome = await this.#read(file, this.#active.stream, into)
      if (outcome !== 'more' && outcome !== 'full') await this.release(file)
      return outcome
    } catch (error) {
      await this.release(file)
      if (!(error instanceof TailraceError)) throw error
      if (error.code === 'not_found') return 'displaced'
      file.failure = error.message
      return 'failed'
    }
  }

  /** Lets go of the file if it is the one being read; it can be resumed. */
  async release(file: TrackedFile): Promise<void> {
    if (this.#active?.file !== file) return
    const { stream } = this.#active
    this.#active = undefined
    await stream.close()
  }

  /** Lets go of a file that is not followed any more. */
  async releaseUnless(isFollowed: (file: TrackedFile) => boolean): Promise<void> {
    if (this.#active !== undefined && !isFollowed(this.#active.file)) await this.release(this.#active.file)
  }

  async close(): Promise<void> {
    await this.releaseUnless(() => false)
  }

  async #read(file: TrackedFile, stream: GzipStream, into: RecordWriter): Promise<Outcome> {
    if (!stream.isConfirmed) {
      if (!(await stream.passTo(file.position, passedBytesPerVisit))) {
        return stream.isEnded ? this.#end(file, stream, true) : 'more'
      }
      await stream.fill(file.position, headLimitBytes)
      if (!file.anchor.confirm((bytes, length, position) => stream.copy(bytes, length, position), file.position)) {
        file.replaced = true
        return 'replaced'
      }
      stream.isConfirmed = true
    }
    const { emitter } = this.#options
    for (let wantedBytes = quantumBytes; ; wantedBytes *= 2) {
      await stream.fill(file.position, wantedBytes)
      const position = file.position
      const window = stream.windowFrom(position)
      const ending = stream.isEnded && this.#isFinal(file, stream) ? 'all' : 'open'
      const isTaken = emitter.emit(file, window, ending, into)
      this.#note(file, stream, position)
      if (!isTaken) return 'full'
      if (stream.isEnded) return this.#end(file, stream, false)
      if (file.position > position) return 'more'
      const windowBytes = window.end - window.start
      invariant(windowBytes < emitter.leastWindowBytes, `${file.at} stands still at ${position}`)
    }
  }

  /** What is left when the stream has ended; `isShort`: before the position even. */
  #end(file: TrackedFile, stream: GzipStream, isShort: boolean): Outcome {
    const { damage } = stream
    if (isShort && damage === undefined) {
      file.replaced = true
      return 'replaced'
    }
    if (!this.#isFinal(file, stream)) return 'unfinished'
    file.complete = true
    file.damage = damage
    return 'drained'
  }

  /** Nothing more will come: the stream ended as it should, or was left as it is for long. */
  #isFinal(file: TrackedFile, stream: GzipStream): boolean {
    return stream.damage === undefined || this.#options.nowMs() - file.changedAtMs >= this.#options.settleMs
  }

  #note(file: TrackedFile, stream: GzipStream, position: number): void {
    const { bytes, start, end } = stream.windowFrom(position)
    file.anchor.extendHead(bytes, start, end, position)
    if (file.position > position) file.anchor.moveTail(bytes, stream.firstIndex, start + file.position - position)
    file.account.readTo = Math.max(file.account.readTo, position + end - start)
    file.account.check(file.position, file.at)
  }
}

/** The decompressed bytes of one file from a moving position on, and the few before it that anchors ask for. */
class GzipStream {
  /** Why the stream ended before its end. */
  damage: string | undefined
  isEnded = false
  /** What lies before the position was compared with the anchors. */
  isConfirmed = false
  readonly #file: OpenFile
  readonly #chunks: AsyncIterator<Buffer>
  readonly #source: Readable
  /** The first decompressed bytes, for the head of the anchor. */
  #head: Buffer = Buffer.alloc(0)
  /** Decompressed bytes from `#from` to `#end`; the first of them is at `#position` of the content. */
  #bytes = Buffer.allocUnsafeSlow(quantumBytes * 2)
  #from = 0
  #end = 0
  #position = 0

  private constructor(file: OpenFile) {
    this.#file = file
    const output = createGunzip({ chunkSize: compressedChunkBytes })
    this.#source = Readable.from(compressedChunks(file), { objectMode: false, highWaterMark: compressedChunkBytes })
    // The failure reaches whoever reads the output.
    pipeline(this.#source, output, () => undefined)
    this.#chunks = output[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  /** undefined when the path leads to another file by now. Errors: those of Files.open. */
  static async open(files: Files, of: TrackedFile): Promise<GzipStream | undefined> {
    const file = await files.open(of.at, 'read')
    try {
      const stat = await file.stat()
      if (identityOf(stat) === of.identity) return new GzipStream(file)
    } catch (error) {
      await file.close()
      throw error
    }
    await file.close()
    return undefined
  }

  get firstIndex(): number {
    return this.#from
  }

  /** The bytes from the position on that are there; valid until the next `fill` or `passTo`. */
  windowFrom(position: number): { readonly bytes: Buffer; readonly start: number; readonly end: number } {
    return { bytes: this.#bytes, start: this.#from + position - this.#position, end: this.#end }
  }

  /** Makes at least so many bytes from the position on available, unless the stream ends before. */
  async fill(position: number, wantedBytes: number): Promise<void> {
    this.#letGo(position)
    while (!this.isEnded && this.#position + this.#end - this.#from < position + wantedBytes) await this.#pull()
  }

  /** Goes to the position; false when the stream ended before, or after `mostBytes` of the way. */
  async passTo(position: number, mostBytes: number): Promise<boolean> {
    for (let passedBytes = 0; this.#position + this.#end - this.#from < position; ) {
      if (this.isEnded || passedBytes >= mostBytes) return false
      this.#letGo(Math.min(position, this.#position + this.#end - this.#from))
      passedBytes += await this.#pull()
    }
    this.#letGo(position)
    return true
  }

  /** Copies content that is still there: the head, or what lies around the position. */
  copy(into: Buffer, length: number, position: number): number {
    if (position + length <= this.#head.length) return this.#head.copy(into, 0, position, position + length)
    const start = this.#from + position - this.#position
    if (start < this.#from || start + length > this.#end) return 0
    return this.#bytes.copy(into, 0, start, start + length)
  }

  async close(): Promise<void> {
    this.#source.destroy()
    await this.#chunks.return?.()
    await this.#file.close()
  }

  /** Drops what lies before the position, but for the bytes of its anchor. */
  #letGo(position: number): void {
    const kept = Math.max(this.#position, position - tailLimitBytes)
    this.#from += kept - this.#position
    this.#position = kept
  }

  async #pull(): Promise<number> {
    const chunk = await this.#next()
    if (chunk === undefined) {
      this.isEnded = true
      return 0
    }
    if (this.#head.length < headLimitBytes) {
      this.#head = Buffer.concat([this.#head, chunk.subarray(0, headLimitBytes - this.#head.length)])
    }
    this.#makeRoom(chunk.length)
    this.#end += chunk.copy(this.#bytes, this.#end)
    return chunk.length
  }

  async #next(): Promise<Buffer | undefined> {
    try {
      const { value, done } = await this.#chunks.next()
      return done === true ? undefined : value
    } catch (error) {
      // A failing disk is not the file's fault: it is tried again.
      if (error instanceof TailraceError) throw error
      this.damage = messageOf(error)
      return undefined
    }
  }

  #makeRoom(bytes: number): void {
    const kept = this.#end - this.#from
    if (this.#end + bytes <= this.#bytes.length) return
    const target = kept + bytes > this.#bytes.length ? Buffer.allocUnsafeSlow((kept + bytes) * 2) : this.#bytes
    this.#bytes.copy(target, 0, this.#from, this.#end)
    this.#bytes = target
    this.#from = 0
    this.#end = kept
  }
}

async function* compressedChunks(file: OpenFile): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(compressedChunkBytes)
    const count = await file.read(chunk, 0, chunk.length, position)
    if (count > 0) yield chunk.subarray(0, count)
    if (count < chunk.length) return
    position += count
  }
}
