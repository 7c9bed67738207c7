// Takes records into the files of a plan: the hot path of the lake. Nothing is made per record; only what a file has to
// write first leaves the synchronous walk.

import type { TailraceError } from '../../core/errors/tailrace-error.js'
import { invariant, present } from '../../core/errors/invariant.js'
import type { RecordCursor } from '../../core/record/record-cursor.js'
import type { Plan, RotationLimits } from './plan.js'
import type { PlannedFile, Taking } from './planned-file.js'

/** What becomes of the record under the cursor, which no file can hold. When it throws, the record was not passed. */
export type Refusing = (cursor: RecordCursor, error: TailraceError) => void

export class PlanWriter {
  readonly #plan: Plan
  readonly #limits: RotationLimits
  readonly #refuse: Refusing

  constructor(plan: Plan, limits: RotationLimits, refuse: Refusing) {
    this.#plan = plan
    this.#limits = limits
    this.#refuse = refuse
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
      const file = present(this.#plan.fileFor(cursor), 'the file of a record that lacks room')
      if (this.#isOver(cursor, file, await file.takeWithRoom(cursor))) return 'full'
    }
  }

  #takeWhatFits(cursor: RecordCursor, untilOffset: number): 'all' | 'full' | 'room' {
    const plan = this.#plan
    while (cursor.offset < untilOffset) {
      // Below it when the record needed room and is taken.
      if (cursor.offset >= plan.nextOffset) {
        const file = plan.fileFor(cursor)
        if (file === undefined) return 'full'
        const taking = file.take(cursor)
        if (taking === 'room') return 'room'
        if (this.#isOver(cursor, file, taking)) return 'full'
      }
      if (!cursor.next()) return 'all'
    }
    return 'all'
  }

  #isOver(cursor: RecordCursor, file: PlannedFile, taking: Exclude<Taking, 'room'>): boolean {
    const plan = this.#plan
    if (taking === 'taken') {
      plan.took(cursor.offset)
      return plan.isFull(file, this.#limits)
    }
    if (taking === 'unfit') {
      this.#refuse(cursor, present(file.unfit, 'why a file cannot hold a record'))
      plan.passed(cursor.offset)
      return false
    }
    invariant(
      plan.files.length > 1 || plan.recordCount > 0,
      `a plan ended at its first record, offset ${cursor.offset}`,
    )
    return true
  }
}
