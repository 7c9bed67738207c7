// One generation of a sink in its group: from the partitions it is given until they are let go.
//
// All calls to the sink come from here, one after the other, so that a sink needs no locks. While the sink writes, the
// next batches are read. Which state it is in stands in `progress`; how it ends is said by `end`.

import type { Sink, SinkBatch } from '../connector/sink.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { unlessAborted } from './abort.js'
import { Backoff, targetBackoff } from './backoff.js'
import type { EdgeEnvironment } from './edge-environment.js'
import type { SinkPlan } from './pipeline-plan.js'
import { classified } from './pipeline-status.js'
import type { SinkCommitter } from './sink-committer.js'
import type { SinkFailures } from './sink-failures.js'
import type { SinkProgress } from './sink-progress.js'
import type { SinkReader } from './sink-reader.js'
import type { SinkSteps } from './sink-steps.js'
import { describeAssignment, start, unstarted } from './start-offsets.js'

/** Twice as often as a sink may expect it, so that a poll that comes late does not break the promise. */
const tickEveryMs = 500

/** Dead letters that wait for their offset to become durable; with more, the sink is flushed. */
const mostFailedBytes = 4 * 1024 * 1024

/** How often a commit at the end is tried: the disk may be full just now, and nothing is lost without it. */
const mostFinalCommits = 5

export interface SinkAssignmentOptions {
  readonly environment: EdgeEnvironment
  readonly plan: SinkPlan
  readonly sink: Sink
  readonly progress: SinkProgress
  readonly committer: SinkCommitter
  readonly failures: SinkFailures
  readonly reader: SinkReader
  readonly steps: SinkSteps
  readonly partitions: readonly PartitionId[]
  /** Time is over: nothing waits for the sink from now on. */
  readonly cancelled: AbortSignal
}

export class SinkAssignment {
  private readonly options: SinkAssignmentOptions
  private readonly backoff: Backoff
  private readonly ending = new AbortController()
  /** Monotonic: until then an assignment that ends may go on to reach the end of the log. */
  private endMs = Infinity
  private nextTickMs = 0

  constructor(options: SinkAssignmentOptions) {
    this.options = options
    this.backoff = new Backoff(targetBackoff, options.environment.world.random)
  }

  /** Lets go of the partitions, after at most `catchUpMs` in which the sink gets what the log holds. */
  end(catchUpMs: number): void {
    this.endMs = Math.min(this.endMs, this.options.environment.world.clock.monotonicMs() + catchUpMs)
    this.ending.abort()
    this.options.reader.wake()
  }

  /**
   * Resolves when `end` was called and the partitions are let go; rejects with what stops the sink. What was durable is
   * committed in both cases, as far as the engine takes it.
   */
  async run(): Promise<void> {
    try {
      await this.begin()
      await this.moveRecords()
      await this.letGo()
    } catch (error) {
      await this.commitLast()
      throw error
    } finally {
      this.options.reader.wake()
      this.options.progress.assign([])
    }
  }

  private async begin(): Promise<void> {
    const { environment, plan, sink, progress, partitions, failures, cancelled } = this.options
    const assigned = await describeAssignment(environment.engine, plan.group, partitions)
    progress.assign(assigned.map(unstarted))
    const targets = await unlessAborted(sink.assigned(assigned), cancelled)
    failures.settle()
    progress.all().forEach((partition, index) => start(partition, assigned[index]!, targets[index]))
    environment.meter.running()
    environment.meter.lag(progress.lagRecords)
  }

  private async moveRecords(): Promise<void> {
    const { reader } = this.options
    let reading = this.readAhead()
    try {
      while (!this.isOver()) {
        const batches = await reading
        if (batches?.length === 0 && this.ending.signal.aborted) return
        reading = this.readAhead()
        for (const batch of batches ?? []) {
          if (this.isOver() || !(await this.deliver(batch))) return
          await this.betweenWrites()
        }
        await this.betweenWrites()
      }
    } finally {
      reader.wake()
      await reading.catch(() => undefined)
    }
  }

  /** The promise may wait unobserved while a batch is written; its error is met when its turn comes. */
  private readAhead(): Promise<readonly SinkBatch[] | undefined> {
    const untilTickMs = Math.ceil(this.nextTickMs - this.options.environment.world.clock.monotonicMs())
    const maxWaitMs = this.ending.signal.aborted ? 0 : Math.min(Math.max(untilTickMs, 1), tickEveryMs)
    const reading = this.options.reader.poll(maxWaitMs)
    reading.catch(() => undefined)
    return reading
  }

  /**
   * Writes the batch, for as long as the target is down; false when the assignment ended before the sink took it.
   * Rejects with an error that waiting does not help.
   */
  private async deliver(batch: SinkBatch): Promise<boolean> {
    const { sink, steps, progress, environment, cancelled, failures } = this.options
    for (;;) {
      try {
        const outcome = await unlessAborted(sink.write(steps.rewrite(batch), cancelled), cancelled)
        failures.settle()
        const partition = progress.find(batch)
        if (partition !== undefined && outcome !== 'held') partition.writtenOffset = batch.nextOffset
        if (outcome === 'durable') environment.meter.delivered(progress.durable(batch, batch.nextOffset))
        this.recovered()
        return true
      } catch (error) {
        failures.discard()
        this.waitFor(error)
      }
      await this.pause(this.backoff.next())
      if (this.ending.signal.aborted) return false
    }
  }

  private async betweenWrites(): Promise<void> {
    const { progress, committer, environment } = this.options
    if (progress.failedBytes > mostFailedBytes) await this.flush()
    await this.tick()
    await committer.commitIfDue()
    if (committer.isFenced) this.end(0)
    environment.meter.lag(progress.lagRecords)
  }

  private async tick(): Promise<void> {
    const { sink, cancelled, environment, failures } = this.options
    const { clock } = environment.world
    if (clock.monotonicMs() < this.nextTickMs) return
    try {
      if (sink.tick !== undefined) await unlessAborted(sink.tick(cancelled), cancelled)
      failures.settle()
      this.nextTickMs = clock.monotonicMs() + tickEveryMs
    } catch (error) {
      failures.discard()
      this.waitFor(error)
      this.nextTickMs = clock.monotonicMs() + this.backoff.next()
    }
  }

  private async flush(): Promise<void> {
    const { sink, cancelled, failures } = this.options
    for (;;) {
      try {
        await unlessAborted(sink.flush(cancelled), cancelled)
        failures.settle()
        this.writtenIsDurable()
        this.recovered()
        return
      } catch (error) {
        failures.discard()
        this.waitFor(error)
      }
      await this.pause(this.backoff.next())
      if (this.ending.signal.aborted) return
    }
  }

  /** Takes an error that passes by itself as the reason to wait, and throws any other. */
  private waitFor(error: unknown): void {
    const { environment, plan, cancelled } = this.options
    if (cancelled.aborted) throw error
    const failure: TailraceError = classified(error, plan.group)
    if (failure.retry !== 'timed') throw failure
    if (!environment.meter.isWaiting) {
      environment.logger.warn('the target takes nothing; the sink waits', { error: failure })
    }
    environment.meter.waiting(failure)
  }

  private recovered(): void {
    const { environment } = this.options
    this.backoff.reset()
    if (!environment.meter.isWaiting) return
    environment.meter.running()
    environment.logger.info('the target takes records again')
  }

  /** Waits, with commits, so that what became durable before is known, and a lag that is looked at afresh. */
  private async pause(ms: number): Promise<void> {
    const { environment, committer, progress } = this.options
    const { clock } = environment.world
    for (let leftMs = ms; leftMs > 0 && !this.ending.signal.aborted; leftMs -= tickEveryMs) {
      await clock.sleep(Math.min(leftMs, tickEveryMs), this.ending.signal).catch(() => undefined)
      await committer.commitIfDue()
      for (const partition of progress.all()) {
        partition.highWatermark = (await environment.engine.bounds(partition)).highWatermark
      }
      environment.meter.lag(progress.lagRecords)
    }
  }

  private isOver(): boolean {
    return this.ending.signal.aborted && this.options.environment.world.clock.monotonicMs() >= this.endMs
  }

  private async letGo(): Promise<void> {
    const { sink, progress, cancelled, failures, environment } = this.options
    cancelled.throwIfAborted()
    await unlessAborted(sink.revoked(progress.all()), cancelled)
    failures.settle()
    this.writtenIsDurable()
    environment.meter.lag(progress.lagRecords)
    await this.commitLast()
  }

  private writtenIsDurable(): void {
    const { progress, environment } = this.options
    for (const partition of progress.all()) {
      environment.meter.delivered(progress.durable(partition, partition.writtenOffset))
    }
  }

  /** A commit that fails here costs a repetition at the next start, so that it is told and no reason to fail. */
  private async commitLast(): Promise<void> {
    const { committer, environment, cancelled } = this.options
    const backoff = new Backoff(targetBackoff, environment.world.random)
    for (let commits = 1; ; commits++) {
      try {
        await committer.commit()
        return
      } catch (error) {
        if (cancelled.aborted || commits === mostFinalCommits || environment.engine.failed.aborted) {
          environment.logger.warn('the last commit of a sink was refused; its last records may come again', { error })
          return
        }
      }
      await environment.world.clock.sleep(backoff.next(), cancelled).catch(() => undefined)
    }
  }
}
