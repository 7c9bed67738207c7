// The records that a sink cannot deliver, from `context.fail` until the delivery they belong to is through.
//
// What fails while a batch is written counts only when the write settles well: when it throws, the same batch is
// written again, and what fails then counts, unless the sink says that it has passed those records. An error that says
// `timed` is an attempt: it is thrown, so that the batch is written again, until the record had as many attempts as the
// file allows. Any other error ends the record at once.

import type { SinkBatch } from '../connector/sink.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import type { PlainRecord } from '../record/encode-batch.js'
import type { RecordCursor } from '../record/record-cursor.js'
import { appendTarget } from './append-target.js'
import { deadLetterBytes, deadLetterOf, deadLetterPartition } from './dead-letter.js'
import type { EdgeEnvironment } from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { SinkPlan } from './pipeline-plan.js'
import type { UnreadableRecords } from './sink-batch.js'
import type { FailedRecord, SinkProgress } from './sink-progress.js'
import type { SinkSteps, StepFailed } from './sink-steps.js'

interface Failure {
  readonly of: SinkBatch
  readonly record: FailedRecord
}

interface RecordFailure {
  readonly plain: PlainRecord
  readonly offset: number
  /** When the letter stands for all records from `offset` to here. */
  readonly lastOffset?: number
  readonly error: TailraceError
  readonly attempts: number
  /** The step that it failed in; undefined when it was the sink. */
  readonly step?: string
}

export class SinkFailures {
  private readonly environment: EdgeEnvironment
  private readonly plan: SinkPlan
  private readonly progress: SinkProgress
  private readonly steps: () => SinkSteps
  /** Of the call under way, by partition and offset. */
  private readonly attempts = new Map<string, number>()
  private unsettled: Failure[] = []
  /** What `fail` threw during the call under way. A sink that swallows it must not go on as if all were well. */
  private thrown: TailraceError | undefined

  constructor(environment: EdgeEnvironment, plan: SinkPlan, progress: SinkProgress, steps: () => SinkSteps) {
    this.environment = environment
    this.plan = plan
    this.progress = progress
    this.steps = steps
  }

  /** As SinkContext.fail says. */
  fail(batch: SinkBatch, cursor: RecordCursor, error: TailraceError): void {
    const { topic, partition } = batch
    const { offset } = cursor
    const place = `${topic}/${partition}/${offset}`
    const attempts = (this.attempts.get(place) ?? 0) + 1
    this.attempts.set(place, attempts)
    if (error.retry === 'timed' && attempts < this.plan.onError.maxAttempts) throw this.remember(error)
    const plain = this.steps().originalOf(batch, offset) ?? {
      key: cursor.key(),
      value: cursor.value(),
      timestampMs: cursor.timestampMs,
      headers: cursor.headers(),
    }
    this.unsettled.push({ of: batch, record: this.failedRecord(batch, { plain, offset, error, attempts }) })
  }

  /** A record that a step failed, before the sink saw it. Throws when there is no topic for dead letters. */
  failStep(batch: SinkBatch, { plain, offset, error, step }: StepFailed): void {
    const failure = { plain, offset, error, attempts: 1, step }
    this.unsettled.push({ of: batch, record: this.failedRecord(batch, failure) })
  }

  /** Records that not even the cursor can read: one dead letter, which holds their batch as it lies in the log. */
  failUnreadable(batch: SinkBatch, { firstOffset, lastOffset, batch: bytes, error }: UnreadableRecords): void {
    const plain = { key: null, value: bytes, timestampMs: this.environment.world.clock.now() }
    const failure = { plain, offset: firstOffset, lastOffset, error, attempts: 1 }
    this.unsettled.push({ of: batch, record: this.failedRecord(batch, failure) })
  }

  /** The call to the sink settled well: what failed in it is final. Throws what `fail` threw and the sink swallowed. */
  settle(): void {
    const { thrown, unsettled } = this
    if (thrown !== undefined) {
      this.discard()
      throw thrown
    }
    for (const { of, record } of unsettled) this.progress.fail(of, record)
    this.unsettled = []
    this.attempts.clear()
  }

  /** What has failed so far in this call is final: the sink moves its target past it, or will not come to it again. */
  settleEarly(): void {
    for (const { of, record } of this.unsettled) this.progress.fail(of, record)
    this.unsettled = []
  }

  /**
   * The call to the sink failed and will be made again: what failed is forgotten but for its attempts. Not so below
   * what the sink called durable meanwhile: it will not come to those records again.
   */
  discard(): void {
    for (const { of, record } of this.unsettled) {
      const durableOffset = this.progress.find(of)?.durableOffset ?? 0
      if (record.offset < durableOffset) this.progress.fail(of, record)
    }
    this.thrown = undefined
    this.unsettled = []
  }

  private failedRecord(batch: SinkBatch, failure: RecordFailure): FailedRecord {
    const { environment, plan } = this
    const { plain, offset, lastOffset, error, attempts, step } = failure
    const { topic, topicId, partition } = batch
    const { deadLetter } = plan.onError
    if (deadLetter === undefined) throw this.remember(this.noDeadLetterTopic(batch, offset, error))
    const target = appendTarget(environment.engine.topics, deadLetter)
    const { code, message } = error
    const place = {
      pipeline: environment.plan.name,
      edge: plan.id,
      topic,
      topicId,
      step,
      partition,
      offset,
      lastOffset,
    }
    const reason = { ...place, code, message, attempts, atMs: environment.world.clock.now() }
    const letter = deadLetterOf(plain, reason, target.maxBatchBytes)
    const letterPartition = deadLetterPartition(plain, partition, target.partitions)
    return { offset, code, letter, partition: letterPartition, bytes: deadLetterBytes(letter) }
  }

  private noDeadLetterTopic(batch: SinkBatch, offset: number, cause: TailraceError): TailraceError {
    const { topic, partition } = batch
    return pipelineErrors.make(
      'no_dead_letter_topic',
      `${this.plan.group} cannot deliver ${topic}/${partition} offset ${offset}: ${cause.message}`,
      { cause, details: { group: this.plan.group, topic, partition, offset, code: cause.code } },
    )
  }

  private remember(error: TailraceError): TailraceError {
    this.thrown = error
    return error
  }
}
