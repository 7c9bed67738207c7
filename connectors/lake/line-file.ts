// A file of lines: records become bytes in a block of memory, blocks are compressed one by one and written.
//
// A file holds a block and a descriptor only while it has a slot (writer-slots.ts); without one its bytes are all in
// the file. A block whose write failed is compressed and written again.

import type { RecordCursor } from '../../core/record/record-cursor.js'
import { invariant, present } from '../../core/errors/invariant.js'
import type { BlockCompressor } from './block-compressor.js'
import type { FileSum } from './file-sum.js'
import { Block, blockBytes } from './formats/block.js'
import type { RecordFormat } from './formats/record-format.js'
import type { PlannedFile, Taking } from './planned-file.js'
import type { StagedFile } from './staged-file.js'
import type { WriterSlots } from './writer-slots.js'

/** A record is at most a batch, which is at most some MiB, and escaping makes six bytes of one. */
const mostBlockBytes = 1024 ** 3

export interface LineMaking {
  readonly format: RecordFormat
  readonly compressor: BlockCompressor | undefined
}

export class LineFile implements PlannedFile {
  readonly group: string
  readonly unfit = undefined
  readonly schema = undefined
  recordCount = 0

  readonly #staged: StagedFile
  readonly #making: LineMaking
  readonly #slots: WriterSlots
  /** Where records go; undefined while the file has no slot. */
  #block: Block | undefined
  #begun = false
  #ended = false

  constructor(place: { readonly group: string; readonly staged: StagedFile }, making: LineMaking, slots: WriterSlots) {
    this.group = place.group
    this.#staged = place.staged
    this.#making = making
    this.#slots = slots
  }

  get stagedPath(): string {
    return this.#staged.path
  }

  get sum(): FileSum | undefined {
    return this.#staged.sum
  }

  get sizeBytes(): number {
    const pending = this.#block === undefined || this.#making.compressor !== undefined ? 0 : this.#block.used
    return this.#staged.position + pending
  }

  take(cursor: RecordCursor): Taking {
    if (this.#block === undefined || !this.#making.format.append(cursor, this.#block)) return 'room'
    this.recordCount++
    return 'taken'
  }

  async takeWithRoom(cursor: RecordCursor): Promise<'taken'> {
    await this.#slots.give(this)
    await this.#begin()
    await this.#drain()
    if (!this.#making.format.append(cursor, this.#ownBlock())) await this.#writeAlone(cursor)
    this.recordCount++
    return 'taken'
  }

  async seal(): Promise<FileSum> {
    if (this.sum !== undefined) return this.sum
    await this.#slots.give(this)
    await this.#begin()
    await this.#drain()
    const { compressor } = this.#making
    if (compressor !== undefined && !this.#ended) await this.#staged.write(compressor.trailer())
    this.#ended = true
    const sum = await this.#staged.seal()
    await this.abandon()
    return sum
  }

  abandon(): Promise<void> {
    return this.#slots.abandon(this)
  }

  /** Takes the empty block of a slot and opens the file. */
  async attach(block: Block): Promise<void> {
    invariant(this.#block === undefined && block.used === 0, `${this.stagedPath} has a slot, or its block is in use`)
    await this.#staged.open()
    this.#block = block
  }

  get hasSlot(): boolean {
    return this.#block !== undefined
  }

  /** Writes what the block holds, closes the file and gives the empty block back. */
  async detach(): Promise<Block> {
    await this.#drain()
    const block = this.#ownBlock()
    await this.#staged.close()
    this.#block = undefined
    return block
  }

  /** Closes the file; gives back the block when it had one, and what that held is lost. */
  async dropSlot(): Promise<Block | undefined> {
    const block = this.#block
    this.#block = undefined
    if (block !== undefined) block.used = 0
    await this.#staged.close()
    return block
  }

  /** What stands before the first record. */
  async #begin(): Promise<void> {
    if (this.#begun) return
    const { opening } = this.#making.format
    if (opening !== undefined) {
      const block = new Block(opening.length)
      opening.copy(block.bytes)
      block.used = opening.length
      await this.#writeBlock(block)
    }
    this.#begun = true
  }

  async #drain(): Promise<void> {
    await this.#writeBlock(this.#ownBlock())
  }

  async #writeBlock(block: Block): Promise<void> {
    if (block.used === 0) return
    const content = block.content()
    const { compressor } = this.#making
    if (compressor === undefined) {
      await this.#staged.write(content)
    } else {
      await this.#staged.write(await compressor.packed(content))
      compressor.wrote(content)
    }
    block.used = 0
  }

  /** A record larger than a block has one of its own. */
  async #writeAlone(cursor: RecordCursor): Promise<void> {
    for (let capacity = 2 * blockBytes; capacity <= mostBlockBytes; capacity *= 2) {
      const block = new Block(capacity)
      if (!this.#making.format.append(cursor, block)) continue
      await this.#writeBlock(block)
      return
    }
    invariant(false, `the record of offset ${cursor.offset} takes more than ${mostBlockBytes} bytes`)
  }

  #ownBlock(): Block {
    return present(this.#block, 'the block of a file that has a slot')
  }
}
