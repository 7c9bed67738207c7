// The steps of a sink, between the log and the connector: a batch is walked, and what passes is encoded anew under the
// same offsets. What is left out leaves a gap; what fails goes to the dead letters as a record that the sink fails does.
//
// The same batch gives the same records each time, as steps keep nothing from one to the next: so a batch that is written
// again, or read again after a crash, is what it was. Dead letters, also those of the sink itself, hold the record as it
// lies in the log, but for what the steps redact: when they are replayed, they go through the steps again.

import type { SinkBatch } from '../connector/sink.js'
import { TailraceError } from '../errors/tailrace-error.js'
import { BatchBuilder } from '../record/batch-builder.js'
import { setBaseOffset } from '../record/batch-layout.js'
import { mostDecompressedBytes } from '../record/compression.js'
import type { PlainRecord } from '../record/encode-batch.js'
import { sinkBatch } from './sink-batch.js'
import { type RecordStep, RecordSteps } from './steps/record-step.js'
import { StepRecord } from './steps/step-record.js'

/** A record that failed a step. */
export interface StepFailed {
  readonly plain: PlainRecord
  readonly offset: number
  readonly error: TailraceError
  /** From 1. */
  readonly step: string
}

/** Batches are cut at this size, when they are made of many. */
const builderBytes = 512 * 1024
const mostRecordBytes = mostDecompressedBytes

export class SinkSteps {
  private readonly onFailure: (batch: SinkBatch, failed: StepFailed) => void
  private readonly kinds: readonly string[]
  private readonly hasRedaction: boolean
  private readonly record = new StepRecord()
  private readonly steps: RecordSteps
  private readonly builder: BatchBuilder | undefined
  private readonly originals = new WeakMap<SinkBatch, SinkBatch>()
  private isEmitted = false

  /** `kinds`: of the steps. `onFailure` may throw; then the batch is not rewritten. */
  constructor(
    steps: readonly RecordStep[],
    kinds: readonly string[],
    onFailure: (batch: SinkBatch, failed: StepFailed) => void,
  ) {
    this.onFailure = onFailure
    this.kinds = kinds
    this.hasRedaction = steps.some(({ redacts }) => redacts === true)
    this.steps = new RecordSteps(steps, this.record, () => {
      this.isEmitted = true
    })
    this.builder = steps.length === 0 ? undefined : new BatchBuilder(builderBytes, { maxBatchBytes: mostRecordBytes })
  }

  /** What the sink gets for the batch: itself when there are no steps. In memory of its own. */
  rewrite(batch: SinkBatch): SinkBatch {
    if (this.builder === undefined) return batch
    const { firstOffset, nextOffset } = batch
    const batches = this.rewritten(batch, this.builder)
    // What was written here just now can be read.
    const rewritten = sinkBatch({ of: batch, batches, firstOffset, nextOffset }, () => undefined)
    this.originals.set(rewritten, batch)
    return rewritten
  }

  /** For the dead letters: the record of a rewritten batch as it lies in the log, redacted; undefined for any other batch. */
  originalOf(rewritten: SinkBatch, offset: number): PlainRecord | undefined {
    const batch = this.originals.get(rewritten)
    if (batch === undefined) return undefined
    const cursor = batch.cursor()
    if (!cursor.skipTo(offset) || cursor.offset !== offset) return undefined
    this.record.readCursor(cursor, batch.topic)
    return this.redacted()
  }

  private rewritten(batch: SinkBatch, builder: BatchBuilder): Buffer {
    const { record, steps } = this
    const finished: Buffer[] = []
    const finish = (baseOffset: number): void => {
      if (builder.recordCount === 0) return
      const bytes = Buffer.from(builder.finish())
      setBaseOffset(bytes, 0, baseOffset)
      finished.push(bytes)
      builder.reset()
    }
    let baseOffset = -1
    builder.reset()
    for (const cursor = batch.cursor(); cursor.next(); ) {
      const { offset } = cursor
      this.isEmitted = false
      record.readCursor(cursor, batch.topic)
      try {
        steps.run()
      } catch (error) {
        if (!(error instanceof TailraceError)) throw error
        record.readCursor(cursor, batch.topic)
        const step = `${steps.reached + 1} (${this.kinds[steps.reached]})`
        this.onFailure(batch, { plain: this.redacted(), offset, error, step })
        continue
      }
      if (!this.isEmitted) continue
      record.encode()
      if (builder.recordCount === 0) baseOffset = offset
      if (builder.appendAt(offset - baseOffset, record)) continue
      finish(baseOffset)
      baseOffset = offset
      builder.appendAt(0, record)
    }
    finish(baseOffset)
    return Buffer.concat(finished)
  }

  private redacted(): PlainRecord {
    const { record } = this
    if (!this.hasRedaction) return record.plain()
    return this.steps.redact() ? record.plain() : { ...record.plain(), value: null }
  }
}
