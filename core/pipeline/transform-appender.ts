// The appends of a transform, one after the other: while one is on its way into the log, the next is filled.
//
// What goes into an append beside the outputs is decided when it is sent off: the changes of state that were accepted by
// then, and the offsets behind the records that were taken by then. A refusal that passes by itself is waited for, with
// the append as it is; nothing may overtake it.

import type { MemberIdentity, OffsetToCommit } from '../engine/group-service.js'
import type { AppendOptions, PartitionAppend } from '../engine/log-engine.js'
import type { StateClaim } from '../engine/state-service.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { appendBackoff, Backoff } from './backoff.js'
import { encodeCommitNote } from './commit-note.js'
import type { EdgeEnvironment } from './edge-environment.js'
import type { TransformPlan } from './pipeline-plan.js'
import { classified } from './pipeline-status.js'
import type { PartitionProgress, SinkProgress } from './sink-progress.js'
import { TransformAppend } from './transform-append.js'
import type { TransformChain } from './transform-chain.js'

/** An append ends with this much of state, which goes into it beside the batches. */
const mostStateBytes = 1024 * 1024

export interface TransformAppenderOptions {
  readonly environment: EdgeEnvironment
  readonly plan: TransformPlan
  readonly claim: StateClaim
  readonly chain: TransformChain
  /** What was taken of each partition (`writtenOffset`) and what is durable. */
  readonly progress: SinkProgress
  /** Who commits: the member as the group knows it now. */
  readonly identity: () => MemberIdentity
  /** Aborted: a refused append is not tried again. */
  readonly waits: AbortSignal
}

type Outcome = 'durable' | TailraceError

interface InFlight {
  readonly append: TransformAppend
  /** Never rejects: the error is looked at when it is this append's turn. */
  readonly outcome: Promise<Outcome>
}

export class TransformAppender {
  private readonly options: TransformAppenderOptions
  private next: TransformAppend
  private other: TransformAppend
  private inFlight: InFlight | undefined

  constructor(options: TransformAppenderOptions) {
    const { environment, plan } = options
    const { engine, world } = environment
    const parts = { engine, random: world.random, to: plan.topic, deadLetter: plan.onError.deadLetter }
    this.options = options
    this.next = new TransformAppend(parts)
    this.other = new TransformAppend(parts)
  }

  /** The append under construction; another one after each `submit`. */
  get filling(): TransformAppend {
    return this.next
  }

  /** Whether it holds as much as an append should, state included. */
  get isFull(): boolean {
    return this.next.isFull || this.options.chain.state.dirtyBytes >= mostStateBytes
  }

  /** Resolves, and never rejects, when nothing is in flight. */
  async settled(): Promise<void> {
    await this.inFlight?.outcome
  }

  /** Sends off what was gathered, when the append before it is durable; nothing when there is nothing. */
  async submit(): Promise<void> {
    await this.settle()
    const { chain, environment, claim, progress: all } = this.options
    const positions = new Map<PartitionProgress, number>()
    for (const progress of all.all()) {
      if (progress.writtenOffset !== progress.committedOffset) positions.set(progress, progress.writtenOffset)
    }
    chain.save(positions)
    chain.state.accept()
    if (positions.size === 0 && this.next.isEmpty && !chain.state.isDirty) return
    const append = this.next
    this.next = this.other
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
    environment.meter.lag(all.lagRecords)
  }

  /** Waits for the append in flight. Rejects with why it is not durable. */
  async settle(): Promise<void> {
    if (this.inFlight === undefined) return
    const { append, outcome } = this.inFlight
    const settled = await outcome
    this.inFlight = undefined
    if (settled !== 'durable') throw settled
    append.reset()
  }

  private landed(append: TransformAppend, positions: ReadonlyMap<PartitionProgress, number>): void {
    const { environment, progress, chain } = this.options
    const { meter } = environment
    let passed = 0
    for (const [partition, offset] of positions) {
      partition.committedOffset = offset
      passed += progress.durable(partition, offset)
    }
    meter.transformed(passed, append)
    for (const [code, count] of append.letterCounts) meter.deadLettered(code, count)
    chain.report()
    meter.lag(progress.lagRecords)
  }

  private async appendUntilTaken(entries: readonly PartitionAppend[], options: AppendOptions): Promise<Outcome> {
    const { environment, plan, waits } = this.options
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
        const isRested = await world.clock.sleep(backoff.next(), waits).then(
          () => true,
          () => false,
        )
        if (!isRested) return refusal
      }
    }
  }
}

function offsetsOf(positions: ReadonlyMap<PartitionProgress, number>): readonly OffsetToCommit[] {
  return [...positions].map(([{ topic, topicId, partition }, offset]) => {
    return { topic, partition, offset, metadata: encodeCommitNote({ topicId, failedBelow: offset }) }
  })
}
