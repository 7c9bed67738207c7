// Reads a staged file part by part, in order, whoever asks; in the end the whole has to have the sum of the plan.

import { crc32c } from '../../../core/bytes/crc32c.js'
import type { Files, OpenFile } from '../../../core/runtime/files.js'
import { lakeErrors } from '../errors.js'
import type { FileSum } from '../file-sum.js'

export interface Part {
  /** From one. */
  readonly number: number
  /** In the buffer that was given. */
  readonly bytes: Buffer
  readonly crc: number
}

export class PartReader {
  readonly #file: OpenFile
  readonly #sum: FileSum
  readonly #partBytes: number
  #position = 0
  #crc = 0
  #count = 0
  #reading: Promise<unknown> = Promise.resolve()

  private constructor(file: OpenFile, sum: FileSum, partBytes: number) {
    this.#file = file
    this.#sum = sum
    this.#partBytes = partBytes
  }

  static async open(files: Files, path: string, sum: FileSum, partBytes: number): Promise<PartReader> {
    return new PartReader(await files.open(path, 'read'), sum, partBytes)
  }

  /** The next part, in `into`; undefined behind the last. Errors: lake_file_changed. */
  next(into: Buffer): Promise<Part | undefined> {
    const part = this.#reading.then(() => this.#read(into))
    // Who asked for the part that failed is told; who asks later fails by itself.
    this.#reading = part.catch(() => undefined)
    return part
  }

  async close(): Promise<void> {
    await this.#reading
    await this.#file.close()
  }

  async #read(into: Buffer): Promise<Part | undefined> {
    const { bytes: wholeBytes, crc: wholeCrc } = this.#sum
    const length = Math.min(this.#partBytes, wholeBytes - this.#position)
    if (length === 0 && this.#count > 0) return undefined
    const read = await this.#file.read(into, 0, length, this.#position)
    this.#crc = crc32c(into, 0, read, this.#crc)
    this.#position += read
    const isLast = this.#position === wholeBytes
    if (read < length || (isLast && this.#crc !== wholeCrc)) throw this.#changed()
    return { number: ++this.#count, bytes: into.subarray(0, read), crc: crc32c(into, 0, read) }
  }

  #changed(): Error {
    const { bytes } = this.#sum
    return lakeErrors.make('lake_file_changed', `${this.#file.path} had ${bytes} bytes and is not the same any more`)
  }
}
