// One generation of a transform: from the partitions it is given until they are let go.
//
//   read ahead → steps, unit by unit → append under construction → append in flight → durable
//
// Outputs, changes of state, dead letters and the offsets behind the records they came from are one atomic append, and
// at most one is in flight: a later one must never overtake one that was refused. So a crash, or a run that failed,
// goes on from the last append that stands in the log, with the state of just that moment; whatever was done since is
// done again, and nobody has seen it.

import type { SinkBatch } from '../connector/sink.js'
import type { MemberIdentity, OffsetToCommit } from '../engine/group-service.js'
import type { AppendOptions, PartitionAppend, PartitionId } from '../engine/log-engine.js'
import type { StateClaim } from '../engine/state-service.js'
import { invariant, present } from '../errors/invariant.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import type { PlainRecord } from '../record/encode-batch.js'
import { LinkedAbort, unlessAborted } from './abort.js'
import { appendBackoff, Backoff } from './backoff.js'
import { encodeCommitNote } from './commit-note.js'
import { deadLetterOf } from './dead-letter.js'
import type { EdgeEnvironment } from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { TransformPlan } from './pipeline-plan.js'
import { classified } from './pipeline-status.js'
import type { UnreadableRecords } from './sink-batch.js'
import { type PartitionProgress, SinkProgress } from './sink-progress.js'
import { SinkReader } from './sink-reader.js'
import { describeAssignment, start, unstarted } from './start-offsets.js'
import { TransformAppend, UnitOutputs } from './transform-append.js'
import type { TransformChain, UnitFailure } from './transform-chain.js'

/** How long a read waits for records; windows and idle partitions are looked at in between. */
const pollMs = 500

/** An append ends with this much of state, which goes into it beside the batches. */
const mostStateBytes = 1024 * 1024

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

type Outcome = 'durable' | TailraceError

interface InFlight {
  readonly append: TransformAppend
  /** Never rejects: the error is looked at when it is this append's turn. */
  readonly outcome: Promise<Outcome>
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
  private filling: TransformAppend
  private other: TransformAppend
  private inFlight: InFlight | undefined
  /** Met by the cursor in its last step. */
  private readonly unreadable: { readonly of: SinkBatch; readonly records: UnreadableRecords }[] = []
  private endMs = Infinity
  private units = 0

  constructor(options: TransformPumpOptions) {
    const { environment, plan, cancelled } = options
    this.options = options
    this.waits = new LinkedAbort(this.ending.signal, cancelled)
    this.reader = new SinkReader(environment, this.progress, (of, records) => {
      this.unreadable.push({ of, records })
    })
    const { engine, world } = environment
    const parts = { engine, random: world.random, to: plan.topic, deadLetter: plan.onError.deadLetter }
    this.filling = new TransformAppend(parts)
    this.other = new TransformAppend(parts)
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
      await this.inFlight?.outcome
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
        await this.submit()
      }
      await this.settle()
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
      if (this.unreadable.length > 0) await this.skipUnreadable(partition)
      // No promise for a record that is just taken.
      const outcome = this.attempt(unit)
      if (outcome !== undefined) await this.overcome(outcome, unit)
      progress.writtenOffset = cursor.offset + 1
      if (this.isAppendFull) await this.submit()
      if (++this.units % unitsPerTurn === 0) await this.giveTurn()
    }
    if (this.isOver()) return
    if (this.unreadable.length > 0) await this.skipUnreadable(partition)
    progress.writtenOffset = batch.nextOffset
    chain.passed(batch)
  }

  /** One dead letter for each batch that not even the cursor can read: it holds the batch as it lies in the log. */
  private async skipUnreadable(partition: number): Promise<void> {
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
      if (this.isAppendFull) await this.submit()
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
      await this.submit()
      outcome = this.attempt(unit)
    }
    invariant(outcome !== 'no room', 'an empty append has no room for a unit of work')
    if (outcome === undefined) return
    // What was taken before stands: only the bad record keeps the transform from going on.
    await this.submit()
    await this.settle()
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
    if (failure === undefined && this.filling.hasRoomFor(this.outputs)) {
      this.filling.take(this.outputs, partition)
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
    const fault = this.filling.faultOf(this.outputs)
    return fault === undefined ? undefined : { ...fault, record: original() }
  }

  /** The record of a failure goes to the dead letters. */
  private divert(failure: UnitFailure, place: FailedPlace): 'no room' | TailraceError | undefined {
    const { environment, plan } = this.options
    const { mostLetterBytes } = this.filling
    const { code, message } = failure
    if (mostLetterBytes === undefined) return this.noDeadLetterTopic(failure, place)
    const where = { pipeline: environment.plan.name, edge: plan.id, ...place }
    const reason = { ...where, code, message, attempts: 1, atMs: environment.world.clock.now() }
    const letter = deadLetterOf(failure.record, reason, mostLetterBytes)
    if (!this.filling.hasRoomForLetter(letter)) return 'no room'
    this.filling.takeLetter(letter, code, place.partition ?? 0)
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

  private get isAppendFull(): boolean {
    return this.filling.isFull || this.options.chain.state.dirtyBytes >= mostStateBytes
  }

  /** Sends off what was gathered, when the append before it is durable; nothing when there is nothing. */
  private async submit(): Promise<void> {
    await this.settle()
    const { chain, environment, claim } = this.options
    const positions = new Map<PartitionProgress, number>()
    for (const progress of this.progress.all()) {
      if (progress.writtenOffset !== progress.committedOffset) positions.set(progress, progress.writtenOffset)
    }
    chain.save(positions)
    chain.state.accept()
    if (positions.size === 0 && this.filling.isEmpty && !chain.state.isDirty) return
    const append = this.filling
    this.filling = this.other
    this.other = append
    const changes = chain.state.take()
    const options: AppendOptions = {
      ...(changes.length === 0 ? {} : { state: { claim, changes } }),
      ...(positions.size === 0 ? {} : { commits: [{ ...this.options.identity(), offsets: offsetsOf(positions) }] }),
    }
    const outcome = this.appendUntilTaken(append.seal(), options).then((settled) => {
      if (settled === 'durable') this.landed(append, positions)
      return settled
    })
    this.inFlight = { append, outcome }
    environment.meter.lag(this.progress.lagRecords)
  }

  /** Waits for the append in flight. Rejects with why it is not durable. */
  private async settle(): Promise<void> {
    if (this.inFlight === undefined) return
    const { append, outcome } = this.inFlight
    const settled = await outcome
    this.inFlight = undefined
    if (settled !== 'durable') throw settled
    append.reset()
  }

  private landed(append: TransformAppend, positions: ReadonlyMap<PartitionProgress, number>): void {
    const { meter } = this.options.environment
    let passed = 0
    for (const [progress, offset] of positions) {
      progress.committedOffset = offset
      passed += this.progress.durable(progress, offset)
    }
    meter.transformed(passed, append)
    for (const [code, count] of append.letterCounts) meter.deadLettered(code, count)
    this.options.chain.report()
    meter.lag(this.progress.lagRecords)
  }

  private async appendUntilTaken(entries: readonly PartitionAppend[], options: AppendOptions): Promise<Outcome> {
    const { environment, plan } = this.options
    const { meter, logger, world, engine } = environment
    const backoff = new Backoff(appendBackoff, world.random)
    for (let refusals = 0; ; refusals++) {
      try {
        await engine.append(entries, options)
        if (refusals > 0) meter.running()
        return 'durable'
      } catch (error) {
        const refusal = classified(error, plan.group)
        if (refusal.retry !== 'timed') return refusal
        if (refusals === 0) logger.warn('the log refuses what a transform made; it waits', { error: refusal })
        meter.waiting(refusal)
        const isRested = await world.clock.sleep(backoff.next(), this.waits.signal).then(
          () => true,
          () => false,
        )
        if (!isRested) return refusal
      }
    }
  }

  private isOver(): boolean {
    if (this.options.cancelled.aborted) return true
    return this.ending.signal.aborted && this.clock.monotonicMs() >= this.endMs
  }
}

function offsetsOf(positions: ReadonlyMap<PartitionProgress, number>): readonly OffsetToCommit[] {
  return [...positions].map(([{ topic, topicId, partition }, offset]) => {
    return { topic, partition, offset, metadata: encodeCommitNote({ topicId, failedBelow: offset }) }
  })
}
