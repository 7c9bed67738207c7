import { describe, expect, it } from 'vitest'
import type { SinkBatch } from '../../../core/connector/sink.js'
import { sinkBatch } from '../../../core/pipeline/sink-batch.js'
import { SinkSteps, type StepFailed } from '../../../core/pipeline/sink-steps.js'
import type { RecordStep } from '../../../core/pipeline/steps/record-step.js'
import { checkBatch, setBaseOffset } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { decode, plain } from './rig.js'
import { onlyOdd, plusOne, unlucky, withoutSecret } from './steps/some-steps.js'

const of = { topic: 'numbers', topicId: 'n', partition: 2 }

/** A batch of the log with these values, from offset 10 on. */
function batchOf(values: readonly unknown[], firstOffset = 10): SinkBatch {
  const batches = Buffer.from(encodeBatch(values.map((value) => plain(JSON.stringify(value), 'k'))))
  setBaseOffset(batches, 0, 10)
  return sinkBatch({ of, batches, firstOffset, nextOffset: 10 + values.length }, () => undefined)
}

function stepsOf(steps: readonly RecordStep[]) {
  const failed: StepFailed[] = []
  const kinds = steps.map((_, index) => `kind${index}`)
  return { failed, sinkSteps: new SinkSteps(steps, kinds, (_, failure) => failed.push(failure)) }
}

function recordsIn(batch: SinkBatch): (readonly [number, string | null, string | null])[] {
  const records: (readonly [number, string | null, string | null])[] = []
  for (const cursor = batch.cursor(); cursor.next(); ) {
    const { offset, key, value } = decode(cursor, 0)
    records.push([offset, key, value])
  }
  return records
}

describe('the steps of a sink', () => {
  it('hand the batch on as it is when there are none', () => {
    const batch = batchOf([{ number: 1 }])
    expect(stepsOf([]).sinkSteps.rewrite(batch)).toBe(batch)
  })

  it('keep the offsets of what passes, with gaps for what does not', () => {
    const numbers = Array.from({ length: 6 }, (_, number) => ({ number }))
    const rewritten = stepsOf([onlyOdd, plusOne]).sinkSteps.rewrite(batchOf(numbers, 11))
    expect(rewritten).toMatchObject({ ...of, firstOffset: 11, nextOffset: 16 })
    expect(recordsIn(rewritten)).toEqual([
      [11, 'k', '{"number":2}'],
      [13, 'k', '{"number":4}'],
      [15, 'k', '{"number":6}'],
    ])
    expect(checkBatch(rewritten.batches, 0, rewritten.batches.length)).toBeUndefined()
  })

  it('give a batch without records when nothing passes', () => {
    const rewritten = stepsOf([onlyOdd]).sinkSteps.rewrite(batchOf([{ number: 2 }]))
    expect(rewritten).toMatchObject({ firstOffset: 10, nextOffset: 11 })
    expect(recordsIn(rewritten)).toEqual([])
  })

  it('give the same records for the same batch each time', () => {
    const { sinkSteps } = stepsOf([plusOne])
    const batch = batchOf([{ number: 1 }, { number: 2 }])
    const [once, again] = [sinkSteps.rewrite(batch), sinkSteps.rewrite(batch)]
    expect(again.batches.equals(once.batches)).toBe(true)
  })

  it('cut what is large into several batches, in order', () => {
    const records = Array.from({ length: 10 }, (_, number) => ({ number, text: 'x'.repeat(100_000) }))
    const rewritten = stepsOf([plusOne]).sinkSteps.rewrite(batchOf(records))
    expect(recordsIn(rewritten).map(([offset]) => offset)).toEqual(records.map(({ number }) => 10 + number))
  })

  it('tell what fails with the step, as it lies in the log, redacted', () => {
    const { sinkSteps, failed } = stepsOf([plusOne, unlucky, withoutSecret])
    const rewritten = sinkSteps.rewrite(batchOf([{ number: 1 }, { number: 12, secret: 'x' }]))
    expect(recordsIn(rewritten).map(([offset]) => offset)).toEqual([10])
    expect(
      failed.map(({ offset, step, error, plain: record }) => [offset, step, error.code, String(record.value)]),
    ).toEqual([[11, '2 (kind1)', 'number_unlucky', '{"number":12}']])
  })

  it('know the record of the log behind one that they changed', () => {
    const { sinkSteps } = stepsOf([plusOne, withoutSecret])
    const batch = batchOf([{ number: 1 }, { number: 2, secret: 'x' }])
    const rewritten = sinkSteps.rewrite(batch)
    expect(String(sinkSteps.originalOf(rewritten, 11)?.value)).toBe('{"number":2}')
    expect(sinkSteps.originalOf(batch, 11)).toBeUndefined()
  })
})
