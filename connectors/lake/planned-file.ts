// One file of a plan while it is written: under a temporary name, with the CRC-32C of what stands on disk.
//
// A file holds a block of memory and a descriptor only while it has a slot (writer-slots.ts); without one its bytes
// are all in the file. A write that fails changes nothing here, so it can be tried again; a sync that fails cannot,
// since the system may have dropped the pages: then the file is lost, and its records are read from the log anew.

import type { Files, OpenFile } from '../../core/runtime/files.js'
import { crc32c } from '../../core/bytes/crc32c.js'
import { invariant, present } from '../../core/errors/invariant.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Block } from './formats/block.js'
import type { FileFormat } from './formats/record-format.js'
import { lakeErrors } from './errors.js'
import type { FileSum } from './file-sum.js'
import { GzipMember } from './gzip.js'

/** From here on a write goes through a thread: below it the way there takes longer than the write. */
const threadFromBytes = 256 * 1024

export class PlannedFile {
  /** See bound-path.ts. */
  readonly group: string
  readonly stagedPath: string
  /** Where records go; undefined while the file has no slot. */
  block: Block | undefined
  recordCount = 0

  readonly #files: Files
  readonly #gzip: GzipMember | undefined
  #handle: OpenFile | undefined
  #made = false
  #ended = false
  #position = 0
  #crc = 0
  #syncFailure: unknown
  #sum: FileSum | undefined

  constructor(place: { files: Files; group: string; stagedPath: string }, format: FileFormat) {
    this.#files = place.files
    this.group = place.group
    this.stagedPath = place.stagedPath
    this.block = undefined
    this.#gzip = format.compression === 'gzip' ? new GzipMember(format.level) : undefined
  }

  /** What the sealed file is; undefined before. */
  get sum(): FileSum | undefined {
    return this.#sum
  }

  /** What the file will at least have, once the block is in it. */
  get sizeBytes(): number {
    const pending = this.block === undefined || this.#gzip !== undefined ? 0 : this.block.used
    return this.#position + pending
  }

  /** Opens the file and takes the empty block. */
  async attach(block: Block): Promise<void> {
    invariant(this.#handle === undefined && block.used === 0, `${this.stagedPath} has a slot, or its block is in use`)
    this.#handle = this.#made ? await this.#openAgain() : await this.#make()
    this.#made = true
    this.block = block
  }

  /** Writes what the block holds, closes the file and gives the empty block back. */
  async detach(): Promise<Block> {
    await this.drain()
    const block = present(this.block, 'the block of a file that has a slot')
    await this.#handle?.close()
    this.#handle = undefined
    this.block = undefined
    return block
  }

  /** Writes what the block holds, so that it is empty. */
  async drain(): Promise<void> {
    await this.writeBlock(present(this.block, 'the block of a file that has a slot'))
  }

  /** As drain, for a block of its own that holds a record too large for the usual one. */
  async writeBlock(block: Block): Promise<void> {
    if (block.used === 0) return
    const content = block.content()
    if (this.#gzip === undefined) {
      await this.#write(content)
    } else {
      await this.#write(await this.#gzip.deflated(content))
      this.#gzip.wrote(content)
    }
    block.used = 0
  }

  /**
   * Ends the file and brings it to the device. Errors: lake_sync_failed, which is final; lake_file_changed.
   */
  async seal(): Promise<FileSum> {
    if (this.#syncFailure !== undefined) throw this.#syncFailure
    await this.drain()
    if (this.#gzip !== undefined && !this.#ended) await this.#write(this.#gzip.trailer())
    this.#ended = true
    const handle = present(this.#handle, 'the descriptor of a file that has a slot')
    try {
      await handle.datasync()
    } catch (cause) {
      this.#syncFailure = lakeErrors.make('lake_sync_failed', `${this.stagedPath} did not get to the device`, { cause })
      throw this.#syncFailure
    }
    await this.#checkUnchanged(handle)
    this.#sum = { bytes: this.#position, crc: this.#crc }
    return this.#sum
  }

  /** Lets go of the file, which is not needed any more; its slot's block is given back when it had one. */
  async abandon(): Promise<Block | undefined> {
    const block = this.block
    this.block = undefined
    if (block !== undefined) block.used = 0
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
    return block
  }

  async #make(): Promise<OpenFile> {
    const handle = await this.#files.open(this.stagedPath, 'create')
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
      return await this.#files.open(this.stagedPath, 'write')
    } catch (error) {
      if (error instanceof TailraceError && error.code === 'not_found') throw this.#changed('it is gone', error)
      throw error
    }
  }

  async #write(bytes: Buffer): Promise<void> {
    const handle = present(this.#handle, 'the descriptor of a file that has a slot')
    if (bytes.length < threadFromBytes) handle.writeSync(bytes, this.#position)
    else await handle.write(bytes, this.#position)
    this.#crc = crc32c(bytes, 0, bytes.length, this.#crc)
    this.#position += bytes.length
  }

  /** What will be renamed must be what was written. */
  async #checkUnchanged(handle: OpenFile): Promise<void> {
    const written = await handle.stat()
    const named = await this.#files.statLink(this.stagedPath)
    if (named === undefined || named.inode !== written.inode) throw this.#changed('its name leads elsewhere by now')
    if (written.bytes !== this.#position) throw this.#changed(`it has ${written.bytes} bytes`)
  }

  #changed(what: string, cause?: unknown): Error {
    return lakeErrors.make('lake_file_changed', `${this.stagedPath} had ${this.#position} bytes; ${what}`, { cause })
  }
}
