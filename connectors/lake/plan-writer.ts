// Takes records into the files of a plan: the hot path of the lake. Nothing is made per record; only a full block, a
// file without a slot or a record larger than a block leaves the synchronous walk.

import { invariant } from '../../core/errors/invariant.js'
import type { RecordCursor } from '../../core/record/record-cursor.js'
import { Block, blockBytes } from './formats/block.js'
import type { RecordFormat } from './formats/record-format.js'
import type { Plan, RotationLimits } from './plan.js'
import type { PlannedFile } from './planned-file.js'
import type { WriterSlots } from './writer-slots.js'

/** A record is at most a batch, which is at most some MiB, and escaping makes six bytes of one. */
const mostBlockBytes = 1024 ** 3

export class PlanWriter {
  readonly #plan: Plan
  readonly #format: RecordFormat
  readonly #slots: WriterSlots
  readonly #limits: RotationLimits

  constructor(plan: Plan, format: RecordFormat, slots: WriterSlots, limits: RotationLimits) {
    this.#plan = plan
    this.#format = format
    this.#slots = slots
    this.#limits = limits
  }

  /**
   * Takes the records from the one under the cursor up to `untilOffset`. 'full': the plan is complete, and the record
   * at its next offset is the first that it did not take. When it throws, the records before the plan's next offset
   * are in it, and the call may be repeated from there.
   */
  async take(cursor: RecordCursor, untilOffset: number): Promise<'all' | 'full'> {
    for (;;) {
      const stop = this.#takeWhatFits(cursor, untilOffset)
      if (stop !== 'room') return stop
      const file = await this.#takeWithRoom(cursor)
      if (this.#plan.isFull(file, this.#limits)) return 'full'
    }
  }

  #takeWhatFits(cursor: RecordCursor, untilOffset: number): 'all' | 'full' | 'room' {
    const plan = this.#plan
    const format = this.#format
    const limits = this.#limits
    while (cursor.offset < untilOffset) {
      // Below it when the record needed room and is taken.
      if (cursor.offset >= plan.nextOffset) {
        const file = plan.fileFor(cursor)
        if (file === undefined) return 'full'
        if (file.block === undefined || !format.append(cursor, file.block)) return 'room'
        plan.took(cursor.offset, file)
        if (plan.isFull(file, limits)) return 'full'
      }
      if (!cursor.next()) return 'all'
    }
    return 'all'
  }

  /** Makes room for the record under the cursor, in an empty block or beyond it, and takes it. */
  async #takeWithRoom(cursor: RecordCursor): Promise<PlannedFile> {
    const file = this.#plan.fileFor(cursor)
    invariant(file !== undefined, 'a record that lacks room has a file')
    await this.#slots.give(file)
    await file.drain()
    invariant(file.block !== undefined, 'a file that was given a slot has a block')
    if (!this.#format.append(cursor, file.block)) await this.#writeAlone(cursor, file)
    this.#plan.took(cursor.offset, file)
    return file
  }

  async #writeAlone(cursor: RecordCursor, file: PlannedFile): Promise<void> {
    for (let capacity = 2 * blockBytes; capacity <= mostBlockBytes; capacity *= 2) {
      const block = new Block(capacity)
      if (!this.#format.append(cursor, block)) continue
      await file.writeBlock(block)
      return
    }
    invariant(false, `the record of offset ${cursor.offset} takes more than ${mostBlockBytes} bytes`)
  }
}
