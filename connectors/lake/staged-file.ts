// A file on its way into the lake: under a temporary name, with the CRC-32C of what stands on disk. How records become
// its bytes is whose file it is (line-file.ts, table-file.ts).
//
// A write that fails changes nothing here, so it can be tried again; a sync that fails cannot, since the system may
// have dropped the pages: then the file is lost, and its records are read from the log anew.

import type { Files, OpenFile } from '../../core/runtime/files.js'
import { crc32c } from '../../core/bytes/crc32c.js'
import { invariant, present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import { lakeErrors } from './errors.js'
import type { FileSum } from './file-sum.js'

/** From here on a write goes through a thread: below it the way there takes longer than the write. */
const threadFromBytes = 256 * 1024

export class StagedFile {
  readonly path: string
  readonly #files: Files
  #handle: OpenFile | undefined
  #made = false
  #position = 0
  #crc = 0
  #syncFailure: unknown
  #sum: FileSum | undefined

  constructor(files: Files, path: string) {
    this.#files = files
    this.path = path
  }

  /** What the sealed file is; undefined before. */
  get sum(): FileSum | undefined {
    return this.#sum
  }

  /** Bytes that were written. */
  get position(): number {
    return this.#position
  }

  get isOpen(): boolean {
    return this.#handle !== undefined
  }

  /** Makes the file, or opens it where it was left. Errors: lake_file_changed, and those of the disk. */
  async open(): Promise<void> {
    invariant(this.#handle === undefined, `${this.path} is open`)
    this.#handle = this.#made ? await this.#openAgain() : await this.#make()
    this.#made = true
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }

  /** Behind what is there. */
  async write(bytes: Buffer): Promise<void> {
    const handle = present(this.#handle, 'the descriptor of a file that is written')
    if (bytes.length < threadFromBytes) handle.writeSync(bytes, this.#position)
    else await handle.write(bytes, this.#position)
    this.#crc = crc32c(bytes, 0, bytes.length, this.#crc)
    this.#position += bytes.length
  }

  /** Brings the file, which is whole and open, to the device. Errors: lake_sync_failed, which is final; lake_file_changed. */
  async seal(): Promise<FileSum> {
    if (this.#syncFailure !== undefined) throw this.#syncFailure
    const handle = present(this.#handle, 'the descriptor of a file that is sealed')
    try {
      await handle.datasync()
    } catch (cause) {
      this.#syncFailure = lakeErrors.make('lake_sync_failed', `${this.path} did not get to the device`, { cause })
      throw this.#syncFailure
    }
    await this.#checkUnchanged(handle)
    this.#sum = { bytes: this.#position, crc: this.#crc }
    return this.#sum
  }

  async #make(): Promise<OpenFile> {
    const handle = await this.#files.open(this.path, 'create')
    try {
      await handle.truncate(0)
    } catch (error) {
      await handle.close()
      throw error
    }
    return handle
  }

  async #openAgain(): Promise<OpenFile> {
    try {
      return await this.#files.open(this.path, 'write')
    } catch (error) {
      if (error instanceof TailraceError && error.code === 'not_found') throw this.#changed('it is gone', error)
      throw error
    }
  }

  /** What goes into the lake must be what was written. */
  async #checkUnchanged(handle: OpenFile): Promise<void> {
    const written = await handle.stat()
    const named = await this.#files.statLink(this.path)
    if (named === undefined || named.inode !== written.inode) throw this.#changed('its name leads elsewhere by now')
    if (written.bytes !== this.#position) throw this.#changed(`it has ${written.bytes} bytes`)
  }

  #changed(what: string, cause?: unknown): Error {
    return lakeErrors.make('lake_file_changed', `${this.path} had ${this.#position} bytes; ${what}`, { cause })
  }
}
