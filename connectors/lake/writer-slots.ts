// How many files may be written at once: a slot is a descriptor and a block of memory. A file that needs a slot when
// all are taken gets that of the file which has had one longest; that file is written out and closed, and goes on
// later. So any number of partitions and groups needs a bounded number of descriptors and bytes.

import { invariant } from '../../core/errors/invariant.js'
import { Block, blockBytes } from './formats/block.js'

/** Together 16 MiB. */
const mostSlots = 128

/** Descriptors beside the files' own: manifests, directories, a file that is read after a crash. */
const otherDescriptors = 4

/** A file that is written through a block. */
export interface SlotHolder {
  readonly hasSlot: boolean
  /** Takes the empty block and opens the file. */
  attach(block: Block): Promise<void>
  /** Writes what the block holds, closes the file and gives the empty block back. */
  detach(): Promise<Block>
  /** Closes the file; gives back the block when it had one, and what that held is lost. */
  dropSlot(): Promise<Block | undefined>
}

export class WriterSlots {
  readonly #limit: number
  /** In the order in which they got their slots. */
  readonly #holders = new Set<SlotHolder>()
  readonly #free: Block[] = []

  /** `openFiles` is how many descriptors the sink may hold. */
  constructor(openFiles: number) {
    this.#limit = Math.max(1, Math.min(mostSlots, openFiles - otherDescriptors))
  }

  /** Gives the file a slot unless it has one. It is empty or not; there may be no room in it. */
  async give(file: SlotHolder): Promise<void> {
    if (file.hasSlot) return
    const block = this.#free.pop() ?? (await this.#freeBlock())
    try {
      await file.attach(block)
    } catch (error) {
      this.#free.push(block)
      throw error
    }
    this.#holders.add(file)
  }

  /** Takes the file's slot away; the file is closed, and what it held in memory is dropped. */
  async abandon(file: SlotHolder): Promise<void> {
    const block = await file.dropSlot()
    this.#holders.delete(file)
    if (block !== undefined) this.#free.push(block)
  }

  async #freeBlock(): Promise<Block> {
    if (this.#holders.size < this.#limit) return new Block(blockBytes)
    const [oldest] = this.#holders
    invariant(oldest !== undefined, 'a limit of slots is at least one')
    const block = await oldest.detach()
    this.#holders.delete(oldest)
    return block
  }

  /** Lets go of all files. */
  async close(): Promise<void> {
    for (const file of this.#holders) await this.abandon(file)
  }
}
