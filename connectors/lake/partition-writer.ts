// One partition on its way into the lake: the plan that grows, then the publication that must end before the next plan
// begins. Every method may be called again after it failed, with the same batch where there was one.

import type { SinkBatch, SinkPartition } from '../../core/connector/sink.js'
import { invariant, present } from '../../core/errors/invariant.js'
import type { RecordCursor } from '../../core/record/record-cursor.js'
import { beginPlan } from './lake.js'
import type { FileMaking, GrowingPlan, Lake } from './lake.js'
import type { Plan, RotationLimits } from './plan.js'
import type { Refusing } from './plan-writer.js'
import { Publication } from './publication.js'
import type { RowMaker } from './table-file.js'
import { dropEmptyFiles, sealPlan } from './sealed-plan.js'

export interface Rotation extends RotationLimits {
  /** Milliseconds since the plan's first record was taken. */
  readonly age: number
}

export class PartitionWriter {
  readonly #lake: Lake
  readonly #of: SinkPartition
  readonly #making: FileMaking
  readonly #rotation: Rotation
  /** Makes the rows of its tables. */
  readonly #rows: RowMaker | undefined
  /** The first offset that was not taken yet; undefined before the first batch. */
  #nextOffset: number | undefined
  #growing: GrowingPlan | undefined
  /** The batch that is being taken. */
  #batch: SinkBatch | undefined
  /** The plan takes no more records. */
  #isComplete = false
  #publication: Publication | undefined

  readonly #refuse: Refusing = (cursor, error) => {
    const batch = present(this.#batch, 'the batch of a record that was refused')
    this.#lake.context.fail(batch, cursor, error)
  }

  constructor(lake: Lake, of: SinkPartition, making: FileMaking, rotation: Rotation) {
    this.#lake = lake
    this.#of = { topic: of.topic, topicId: of.topicId, partition: of.partition }
    this.#making = making
    this.#rotation = rotation
    this.#rows = lake.tables?.rowsOf(of)
  }

  /** What the files of the plan under way have on disk, about. */
  get stagedBytes(): number {
    return this.#growing?.plan.files.reduce((sum, file) => sum + file.sizeBytes, 0) ?? 0
  }

  /** 'durable' when no record of the partition waits for a plan to be published. */
  async write(batch: SinkBatch): Promise<'accepted' | 'durable'> {
    if (this.#isComplete) await this.publish()
    const { firstOffset, nextOffset } = batch
    this.#nextOffset ??= firstOffset
    invariant(
      firstOffset <= this.#nextOffset,
      `${this.#of.topic}-${this.#of.partition}: a batch from ${firstOffset} where ${this.#nextOffset} comes next`,
    )
    this.#batch = batch
    try {
      await this.#takeAll(batch.cursor(), nextOffset)
    } catch (error) {
      // The batch comes again, but not to the records that the plan has passed.
      this.#lake.context.keepFailed()
      throw error
    }
    this.#growing?.plan.reach(nextOffset)
    this.#nextOffset = Math.max(this.#nextOffset, nextOffset)
    return this.#growing === undefined ? 'durable' : 'accepted'
  }

  /** Publishes what has waited long enough, or could not be published before. */
  async publishIfDue(): Promise<void> {
    const growing = this.#growing
    if (growing === undefined) return
    const ageMs = this.#lake.context.clock.monotonicMs() - growing.plan.startedMs
    if (this.#isComplete || ageMs >= this.#rotation.age) await this.publish()
  }

  /** Everything that was taken is in the lake afterwards, and the sink's offset may pass it. */
  async publish(): Promise<void> {
    if (this.#growing === undefined) return
    this.#isComplete = true
    const { plan } = this.#growing
    const { context, store, tables } = this.#lake
    // Once the plan is sealed the lake stands behind the records that nobody could read or hold: their dead letters
    // come first.
    await tables?.save()
    await context.settleFailed()
    if (plan.recordCount === 0) await dropEmptyFiles(store, plan)
    else await this.#publishRecords(plan)
    context.durable(this.#of, plan.nextOffset)
    this.#growing = undefined
    this.#publication = undefined
    this.#isComplete = false
  }

  async #publishRecords(plan: Plan): Promise<void> {
    const lake = this.#lake
    const making = { ...this.#making, store: lake.store }
    this.#publication ??= new Publication(lake, lake.store, await sealPlan(lake, this.#of, making, plan))
    await this.#publication.run()
  }

  async #takeAll(cursor: RecordCursor, untilOffset: number): Promise<void> {
    while (cursor.skipTo(present(this.#nextOffset, 'where to go on')) && cursor.offset < untilOffset) {
      if ((await this.#take(cursor, untilOffset)) === 'full') await this.publish()
    }
  }

  /** Takes records from the one under the cursor on, as far as the plan goes. */
  async #take(cursor: RecordCursor, untilOffset: number): Promise<'all' | 'full'> {
    const { plan, writer } = (this.#growing ??= this.#begin())
    try {
      return await writer.take(cursor, untilOffset)
    } finally {
      this.#nextOffset = plan.nextOffset
    }
  }

  #begin(): GrowingPlan {
    const { store } = this.#lake
    const rows = this.#rows
    const rowsFor = rows === undefined ? undefined : () => rows
    const making = { ...this.#making, store, limits: this.#rotation, refuse: this.#refuse, rowsFor }
    return beginPlan(this.#lake, this.#of, making, present(this.#nextOffset, 'the offset a plan begins at'))
  }
}
