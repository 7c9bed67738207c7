// Runs one source: it reads into one writer while the contents of the other are on their way into the log.
//
// At most one append is in flight. A later one must never overtake one that was refused: its resume point would pass
// the records of the first, and a crash would lose them. So a refused append is tried again unchanged, and until it
// stands in the log the source is read no further than into its one other writer. That is the back-pressure.

import type { RecordWriter, Source } from '../connector/source.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { LinkedAbort, unlessAborted } from './abort.js'
import { type AppendTarget, appendTarget } from './append-target.js'
import { appendBackoff, Backoff } from './backoff.js'
import { type ClaimedState, claimConnectorState, connectorScope } from './connector-state.js'
import { closeConnector, type EdgeEnvironment, type EdgeStop, stepContext } from './edge-environment.js'
import type { SourcePlan } from './pipeline-plan.js'
import { classified } from './pipeline-status.js'
import { BatchRecordWriter, type WriterContents } from './record-writer.js'
import { SourceSurroundings } from './source-surroundings.js'
import { makeRecordSteps } from './steps/make-record-steps.js'
import type { RecordStep } from './steps/record-step.js'
import { SourceSteps } from './steps/source-steps.js'

/** How long a source that found nothing rests, unless it wakes earlier. */
const idleMs = 250

/**
 * An append of this size says that the source has much to bring: the next ones wait until they have grown, or for a
 * moment, as the price of an append is mostly that of its sync. A source that brings little waits for nothing.
 */
const catchUpBytes = 32 * 1024
const gatheredBytes = 1024 * 1024
const gatherMs = 10

/** Made once: the reason that an abort makes by itself costs more than the rest of a turn. */
const restIsOver = new Error('the rest of the source is over')

export interface SourceRun {
  readonly environment: EdgeEnvironment
  readonly plan: SourcePlan
  readonly source: Source
  readonly stop: EdgeStop
}

/**
 * Runs the source until it ends, or until `stop.ending` is aborted and its last append settled. Rejects with what
 * failed; what was not acknowledged is read again by the next run.
 */
export async function runSource(run: SourceRun): Promise<'ended' | 'stopped'> {
  const { environment, plan, source, stop } = run
  const abort = new LinkedAbort(stop.ending, stop.cancelled)
  const scope = connectorScope(environment.plan.name, 'source', plan.id)
  const state = await claimConnectorState(environment.engine.state, scope)
  const recordSteps = await makeRecordSteps(plan.steps, stepContext(environment))
  const pump = new SourcePump(run, state, recordSteps, abort.signal)
  const surroundings = new SourceSurroundings(environment, plan)
  try {
    await unlessAborted(source.open(surroundings.context(state, abort.signal)), stop.cancelled)
    environment.meter.running()
    return await pump.run()
  } catch (error) {
    if (stop.ending.aborted) return 'stopped'
    throw error
  } finally {
    abort.abort()
    abort.release()
    await pump.settled()
    await closeConnector(source, environment, stop.cancelled)
    await closeConnector(surroundings, environment, stop.cancelled)
  }
}

/**
 * What one append of a source holds: as much as makes the cost of an append and its sync small, and half of what the
 * engine takes, since resume points and dead letters go along.
 */
const sourceAppendBytes = 4 * 1024 * 1024

/** A writer, and what the source sees of it: the steps of the edge stand between. */
interface Slot {
  readonly writer: BatchRecordWriter
  readonly into: RecordWriter
}

interface InFlight {
  readonly writer: BatchRecordWriter
  readonly contents: WriterContents
  /** Never rejects: the error is looked at when it is this append's turn. `given up` only while the edge ends. */
  readonly outcome: Promise<'durable' | 'given up' | TailraceError>
  isSettled: boolean
}

class SourcePump {
  private readonly options: SourceRun
  private readonly state: ClaimedState
  private readonly signal: AbortSignal
  private readonly steps: SourceSteps
  private inFlight: InFlight | undefined
  private appendNumbers = 0
  private lastAppendBytes = 0
  /** Monotonic: when the writer that is filled had to wait for more. */
  private gatheringSinceMs: number | undefined

  constructor(run: SourceRun, state: ClaimedState, recordSteps: readonly RecordStep[], signal: AbortSignal) {
    this.options = run
    this.state = state
    this.signal = signal
    this.steps = new SourceSteps(run.plan, recordSteps)
  }

  async run(): Promise<'ended' | 'stopped'> {
    const { source, stop, environment } = this.options
    let filling = this.makeSlot()
    let other = this.makeSlot()
    for (;;) {
      if (this.inFlight?.isSettled === true && !(await this.settle())) return 'stopped'
      if (filling.writer.isEmpty) filling.writer.aim(this.target(), this.deadLetterTarget())
      const outcome = await unlessAborted(source.read(filling.into, this.signal), stop.cancelled)
      this.steps.report(environment.meter)
      const isOver = outcome === 'end' || stop.ending.aborted
      if (!filling.writer.isEmpty && (isOver || !this.canGather(filling.writer))) {
        if (!(await this.settle())) return 'stopped'
        this.submit(filling.writer)
        const filled = filling
        filling = other
        other = filled
      }
      if (isOver) {
        if (!(await this.settle()) || outcome !== 'end' || stop.ending.aborted) return 'stopped'
        return 'ended'
      }
      if (outcome === 'idle') await this.rest()
      // A source whose reads settle at once would otherwise keep everybody else from their turn.
      await new Promise<void>((resolve) => environment.world.clock.soon(resolve))
    }
  }

  /** Resolves when no append is in flight. */
  async settled(): Promise<void> {
    await this.inFlight?.outcome
  }

  /** Shall what was read wait for more? While an append is under way always, and for a moment when there is much to come. */
  private canGather(writer: BatchRecordWriter): boolean {
    if (writer.isFull) return false
    if (this.inFlight?.isSettled === false) return true
    if (this.lastAppendBytes < catchUpBytes || writer.sizeBytes >= gatheredBytes) return false
    const nowMs = this.options.environment.world.clock.monotonicMs()
    this.gatheringSinceMs ??= nowMs
    return nowMs - this.gatheringSinceMs < gatherMs
  }

  private submit(writer: BatchRecordWriter): void {
    this.lastAppendBytes = writer.sizeBytes
    this.gatheringSinceMs = undefined
    const contents = writer.take()
    const inFlight = { writer, contents, outcome: this.appendUntilTaken(contents), isSettled: false }
    void inFlight.outcome.then(() => {
      inFlight.isSettled = true
    })
    this.inFlight = inFlight
  }

  /** Waits for the append in flight and acknowledges it; false when it was given up, because the edge ends. */
  private async settle(): Promise<boolean> {
    if (this.inFlight === undefined) return true
    const { writer, contents, outcome } = this.inFlight
    const settled = await outcome
    this.inFlight = undefined
    writer.reset()
    if (settled === 'given up') return false
    if (settled !== 'durable') throw settled

    const { source, stop } = this.options
    if (contents.points.size > 0) await unlessAborted(source.acknowledge(contents.points), stop.cancelled)
    return true
  }

  private async appendUntilTaken(contents: WriterContents): Promise<'durable' | 'given up' | TailraceError> {
    const { environment } = this.options
    const { meter, logger, world } = environment
    const backoff = new Backoff(appendBackoff, world.random)
    for (let refusals = 0; ; refusals++) {
      try {
        await this.append(contents)
        meter.appended(contents.recordCount, contents.valueBytes)
        for (const [code, count] of contents.deadLetters) meter.deadLettered(code, count)
        if (refusals > 0) meter.running()
        return 'durable'
      } catch (error) {
        const refusal = classified(error, `${environment.plan.name}.${environment.id}`)
        if (refusal.retry !== 'timed') return refusal
        if (refusals === 0) logger.warn('the log refuses records; the source waits', { error: refusal })
        meter.waiting(refusal)
      }
      const isRested = await world.clock.sleep(backoff.next(), this.signal).then(
        () => true,
        () => false,
      )
      if (!isRested) return 'given up'
    }
  }

  private async append(contents: WriterContents): Promise<void> {
    const { entries, points } = contents
    const { engine } = this.options.environment
    if (entries.length === 0) await this.state.put(points)
    else await engine.append(entries, points.size === 0 ? {} : { state: this.state.update(points) })
  }

  /** Until the idle time is over (or that of gathering), the source wakes, the append under way is settled or the edge ends. */
  private async rest(): Promise<void> {
    const { source, environment } = this.options
    const wait = new LinkedAbort(this.signal)
    try {
      const slept = environment.world.clock.sleep(this.gatheringSinceMs === undefined ? idleMs : gatherMs, wait.signal)
      const waits: Promise<unknown>[] = [slept]
      const woken = source.wake?.(wait.signal)
      if (woken !== undefined) waits.push(woken)
      if (this.inFlight !== undefined) waits.push(this.inFlight.outcome)
      await Promise.race(waits)
    } catch (error) {
      if (!wait.signal.aborted) throw error
    } finally {
      wait.abort(restIsOver)
      wait.release()
    }
  }

  private makeSlot(): Slot {
    const { environment, plan } = this.options
    const { clock, random } = environment.world
    const writer = new BatchRecordWriter({
      pipeline: environment.plan.name,
      edge: plan.id,
      target: this.target(),
      deadLetterTarget: this.deadLetterTarget(),
      targetOf: (topic) => appendTarget(environment.engine.topics, topic),
      nextAppendNumber: () => ++this.appendNumbers,
      appendBytes: sourceAppendBytes,
      batchGoalBytes: sourceAppendBytes,
      clock,
      random,
    })
    return { writer, into: this.steps.before(writer) }
  }

  private target(): AppendTarget | undefined {
    const { topic } = this.options.plan
    return topic === undefined ? undefined : appendTarget(this.options.environment.engine.topics, topic)
  }

  private deadLetterTarget(): AppendTarget | undefined {
    const { deadLetter } = this.options.plan.onError
    return deadLetter === undefined ? undefined : appendTarget(this.options.environment.engine.topics, deadLetter)
  }
}
