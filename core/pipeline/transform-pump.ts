// One generation of a transform: from the partitions it is given until they are let go.
//
//   read ahead → steps, unit by unit → append under construction → append in flight → durable
//
// Outputs, changes of state, dead letters and the offsets behind the records they came from are one atomic append, and
// at most one is in flight: a later one must never overtake one that was refused. So a crash, or a run that failed,
// goes on from the last append that stands in the log, with the state of just that moment; whatever was done since is
// done again, and nobody has seen it.

import type { SinkBatch } from '../connector/sink.js'
import type { MemberIdentity } from '../engine/group-service.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { StateClaim } from '../engine/state-service.js'
import { invariant, present } from '../errors/invariant.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import type { PlainRecord } from '../record/encode-batch.js'
import { LinkedAbort, unlessAborted } from './abort.js'
import { deadLetterOf } from './dead-letter.js'
import type { EdgeEnvironment } from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { TransformPlan } from './pipeline-plan.js'
import type { UnreadableRecords } from './sink-batch.js'
import { type PartitionProgress, SinkProgress } from './sink-progress.js'
import { SinkReader } from './sink-reader.js'
import { describeAssignment, start, unstarted } from './start-offsets.js'
import { UnitOutputs } from './transform-append.js'
import { TransformAppender } from './transform-appender.js'
import type { TransformChain, UnitFailure } from './transform-chain.js'

/** How long a read waits for records; windows and idle partitions are looked at in between. */
const pollMs = 500

/** Others get their turn after so many units. */
const unitsPerTurn = 256

export interface TransformPumpOptions {
  readonly environment: EdgeEnvironment
  readonly plan: TransformPlan
  readonly claim: StateClaim
  readonly chain: TransformChain
  readonly partitions: readonly PartitionId[]
  /** Who commits: the member as the group knows it now. */
  readonly identity: () => MemberIdentity
  /** Time is over: nothing waits from now on. */
  readonly cancelled: AbortSignal
}

/** Where a record failed. */
interface FailedPlace {
  readonly topic: string
  readonly topicId?: string
  /** The step, such as `2 (aggregate)`. */
  readonly step?: string | undefined
  readonly partition: number | undefined
  readonly offset: number | undefined
  readonly lastOffset?: number
}

/** A piece of work that stands whole or not at all. */
interface Unit {
  /** Where records without a key came from. */
  readonly partition: number
  readonly run: () => UnitFailure | undefined
  /** What it was made from, for the dead letters. */
  readonly original: () => PlainRecord
  /** The unit failed and is not tried again: says where, and does what is left to do without it. */
  readonly giveUp: (failure: UnitFailure) => FailedPlace
}

export class TransformPump {
  private readonly options: TransformPumpOptions
  private readonly progress = new SinkProgress()
  private readonly reader: SinkReader
  private readonly outputs = new UnitOutputs()
  private readonly ending = new AbortController()
  private readonly waits: LinkedAbort
  private readonly appender: TransformAppender
  /** Met by the cursor in its last step. */
  private readonly unreadable: { readonly of: SinkBatch; readonly records: UnreadableRecords }[] = []
  private endMs = Infinity
  private units = 0

  constructor(options: TransformPumpOptions) {
    const { environment, plan, claim, chain, identity, cancelled } = options
    this.options = options
    this.waits = new LinkedAbort(this.ending.signal, cancelled)
    this.reader = new SinkReader(environment, this.progress, (of, records) => {
      this.unreadable.push({ of, records })
    })
    const parts = { environment, plan, claim, chain, identity }
    this.appender = new TransformAppender({ ...parts, progress: this.progress, waits: this.waits.signal })
  }

  /** Lets go of the partitions, after at most `catchUpMs` in which it goes on to the end of the log. */
  end(catchUpMs: number): void {
    this.endMs = Math.min(this.endMs, this.clock.monotonicMs() + catchUpMs)
    this.ending.abort()
    this.reader.wake()
  }

  /** Resolves when `end` was called and the last append settled; rejects with what stops the transform. */
  async run(): Promise<void> {
    try {
      await this.begin()
      await this.moveRecords()
    } finally {
      this.reader.wake()
      await this.appender.settled()
      this.waits.release()
      this.progress.assign([])
    }
  }

  private get clock(): EdgeEnvironment['world']['clock'] {
    return this.options.environment.world.clock
  }

  private async begin(): Promise<void> {
    const { environment, plan, partitions, chain, cancelled } = this.options
    const assigned = await describeAssignment(environment.engine, plan.group, partitions)
    this.progress.assign(assigned.map(unstarted))
    this.progress.all().forEach((partition, index) => start(partition, assigned[index]!, undefined))
    chain.checkOffsets(assigned)
    await unlessAborted(chain.begin(partitions, cancelled), cancelled)
    environment.meter.running()
    environment.meter.lag(this.progress.lagRecords)
  }

  private async moveRecords(): Promise<void> {
    const { chain, cancelled } = this.options
    let reading = this.readAhead()
    try {
      while (!this.isOver()) {
        const batches = await reading
        if (batches?.length === 0 && this.ending.signal.aborted) break
        reading = this.readAhead()
        await unlessAborted(chain.refresh(cancelled), cancelled)
        for (const batch of batches ?? []) await this.transform(batch)
        await this.closeWindows()
        await this.appender.submit()
      }
      await this.appender.settle()
    } finally {
      this.reader.wake()
      await reading.catch(() => undefined)
    }
  }

  private readAhead(): ReturnType<SinkReader['poll']> {
    const reading = this.reader.poll(this.ending.signal.aborted ? 0 : pollMs)
    reading.catch(() => undefined)
    return reading
  }

  /** All records of the batch, or those up to where time is over. */
  private async transform(batch: SinkBatch): Promise<void> {
    const { chain } = this.options
    const progress = present(this.progress.find(batch), `the progress of ${batch.topic}/${batch.partition}`)
    const { topic, topicId, partition } = batch
    const cursor = batch.cursor()
    const unit: Unit = {
      partition,
      run: () => chain.apply(batch, cursor, this.outputs),
      original: () => chain.redacted(batch, cursor),
      giveUp: ({ step }) => ({ topic, topicId, step, partition, offset: cursor.offset }),
    }
    while (!this.isOver() && cursor.next()) {
      if (this.unreadable.length > 0) await this.skipUnreadable(progress)
      // No promise for a record that is just taken.
      const outcome = this.attempt(unit)
      if (outcome !== undefined) await this.overcome(outcome, unit)
      progress.writtenOffset = cursor.offset + 1
      if (this.appender.isFull) await this.appender.submit()
      if (++this.units % unitsPerTurn === 0) await this.giveTurn()
    }
    if (this.isOver()) return
    if (this.unreadable.length > 0) await this.skipUnreadable(progress)
    progress.writtenOffset = batch.nextOffset
    chain.passed(batch)
  }

  /** One dead letter for each batch that not even the cursor can read: it holds the batch as it lies in the log. */
  private async skipUnreadable(progress: PartitionProgress): Promise<void> {
    const { partition } = progress
    for (const { of, records } of this.unreadable.splice(0)) {
      const { firstOffset, lastOffset, batch, error } = records
      const record = { key: null, value: batch, timestampMs: this.clock.now() }
      const failure = { code: error.code, message: error.message, record }
      const giveUp = (): FailedPlace => ({
        topic: of.topic,
        topicId: of.topicId,
        partition,
        offset: firstOffset,
        lastOffset,
      })
      await this.carryOut({ partition, run: () => failure, original: () => record, giveUp })
      progress.writtenOffset = Math.min(lastOffset + 1, of.nextOffset)
    }
  }

  /** What the watermark has passed. It is looked at also when nothing comes, as a partition may have become idle. */
  private async closeWindows(): Promise<void> {
    const { chain, plan } = this.options
    for (const progress of this.progress.all()) {
      if (progress.writtenOffset >= progress.highWatermark) chain.passed(progress)
    }
    chain.leaveIdleAside()
    const unit: Unit = {
      partition: 0,
      run: () => chain.fire(this.outputs),
      original: () => this.outputs.first(),
      giveUp: ({ step }) => {
        // Else the window would be due again, and fail again, for ever.
        chain.dropDue()
        return { topic: plan.from[0]!, step, partition: undefined, offset: undefined }
      },
    }
    while (!this.isOver() && chain.isDue()) {
      await this.carryOut(unit)
      if (this.appender.isFull) await this.appender.submit()
    }
  }

  /** One unit, whole or not at all, in this append or in the next. Rejects with what stops the transform. */
  private async carryOut(unit: Unit): Promise<void> {
    const outcome = this.attempt(unit)
    if (outcome !== undefined) await this.overcome(outcome, unit)
    if (++this.units % unitsPerTurn === 0) await this.giveTurn()
  }

  /** Goes on with a unit that did not go through at once. */
  private async overcome(first: 'no room' | TailraceError, unit: Unit): Promise<void> {
    let outcome: typeof first | undefined = first
    if (outcome === 'no room') {
      await this.appender.submit()
      outcome = this.attempt(unit)
    }
    invariant(outcome !== 'no room', 'an empty append has no room for a unit of work')
    if (outcome === undefined) return
    // What was taken before stands: only the bad record keeps the transform from going on.
    await this.appender.submit()
    await this.appender.settle()
    throw outcome
  }

  private giveTurn(): Promise<void> {
    return new Promise((resolve) => this.clock.soon(resolve))
  }

  /** Nothing of a unit without room is left. Returns what stops the transform. */
  private attempt(unit: Unit): 'no room' | TailraceError | undefined {
    const { state } = this.options.chain
    const { run, giveUp, partition } = unit
    this.outputs.clear()
    const failure = run() ?? this.outputFailure(unit)
    if (failure === undefined && this.appender.filling.hasRoomFor(this.outputs)) {
      this.appender.filling.take(this.outputs, partition)
      state.accept()
      return undefined
    }
    state.rollBack()
    if (failure === undefined) return 'no room'
    const outcome = this.divert(failure, giveUp(failure))
    if (outcome === undefined) state.accept()
    else state.rollBack()
    return outcome
  }

  private outputFailure({ original }: Unit): UnitFailure | undefined {
    const fault = this.appender.filling.faultOf(this.outputs)
    return fault === undefined ? undefined : { ...fault, record: original() }
  }

  /** The record of a failure goes to the dead letters. */
  private divert(failure: UnitFailure, place: FailedPlace): 'no room' | TailraceError | undefined {
    const { environment, plan } = this.options
    const { mostLetterBytes } = this.appender.filling
    const { code, message } = failure
    if (mostLetterBytes === undefined) return this.noDeadLetterTopic(failure, place)
    const where = { pipeline: environment.plan.name, edge: plan.id, ...place }
    const reason = { ...where, code, message, attempts: 1, atMs: environment.world.clock.now() }
    const letter = deadLetterOf(failure.record, reason, mostLetterBytes)
    if (!this.appender.filling.hasRoomForLetter(letter)) return 'no room'
    this.appender.filling.takeLetter(letter, code, place.partition ?? 0)
    return undefined
  }

  private noDeadLetterTopic({ code, message }: UnitFailure, place: FailedPlace): TailraceError {
    const { group } = this.options.plan
    const { topic, partition, offset } = place
    const what = offset === undefined ? 'what came of its windows' : `${topic}/${partition} offset ${offset}`
    return pipelineErrors.make('no_dead_letter_topic', `${group} cannot use ${what}: ${message}`, {
      details: { group, topic, partition, offset, code },
    })
  }

  private isOver(): boolean {
    if (this.options.cancelled.aborted) return true
    return this.ending.signal.aborted && this.clock.monotonicMs() >= this.endMs
  }
}
