import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeCommitNote, encodeCommitNote } from '../../../core/pipeline/commit-note.js'
import { type FailedRecord, type PartitionProgress, SinkProgress } from '../../../core/pipeline/sink-progress.js'

function partition(change: Partial<PartitionProgress> = {}): PartitionProgress {
  return {
    topic: 'orders',
    topicId: 'id',
    partition: 0,
    committedOffset: undefined,
    durableOffset: 0,
    writtenOffset: 0,
    readOffset: 0,
    highWatermark: 1_000,
    failedBelow: 0,
    failed: [],
    obstacle: undefined,
    ...change,
  }
}

function failed(offset: number, bytes = 10): FailedRecord {
  return { offset, bytes, code: 'record_bad', partition: 0, letter: { key: null, value: null, timestampMs: 0 } }
}

const of = { topic: 'orders', partition: 0 }

type Action =
  | { readonly kind: 'durable'; readonly offset: number }
  | { readonly kind: 'fail'; readonly offset: number; readonly bytes: number }
  | { readonly kind: 'commit'; readonly ahead: boolean; readonly isRefused: boolean }

const action: fc.Arbitrary<Action> = fc.oneof(
  fc.record({ kind: fc.constant('durable' as const), offset: fc.integer({ min: 0, max: 60 }) }),
  fc.record({
    kind: fc.constant('fail' as const),
    offset: fc.integer({ min: 0, max: 59 }),
    bytes: fc.integer({ min: 1, max: 50 }),
  }),
  fc.record({ kind: fc.constant('commit' as const), ahead: fc.boolean(), isRefused: fc.boolean() }),
)

describe('the progress of a sink', () => {
  it('never commits an offset without the dead letters below it, nor a dead letter twice', () => {
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        const progress = new SinkProgress()
        progress.assign([partition()])
        const owed = new Set<number>()
        const inLog: number[] = []
        let committed = -1
        let durable = 0
        for (const step of [...actions, { kind: 'commit', ahead: true, isRefused: false } as const]) {
          if (step.kind === 'durable') {
            progress.durable(of, step.offset)
            durable = Math.max(durable, step.offset)
          } else if (step.kind === 'fail') {
            // A record fails while it is written, which is before it becomes durable.
            if (step.offset >= durable && progress.fail(of, failed(step.offset, step.bytes))) owed.add(step.offset)
          } else {
            for (let plan = progress.planCommit(60, step.ahead); plan !== undefined; ) {
              if (step.isRefused) break
              const letters = plan.letters.map(({ offset }) => offset)
              inLog.push(...letters)
              for (const offset of letters) owed.delete(offset)
              committed = plan.offsets[0]!.offset
              expect(committed).toBeLessThanOrEqual(durable)
              for (const offset of owed) expect(offset).toBeGreaterThanOrEqual(committed)
              progress.committed(plan)
              plan = progress.planCommit(60, step.ahead)
            }
          }
        }
        expect(committed).toBe(durable)
        expect(owed.size).toBe(0)
        expect(new Set(inLog).size).toBe(inLog.length)
        expect(progress.failedBytes).toBe(0)
      }),
    )
  })

  it('has nothing to commit once all is committed', () => {
    const progress = new SinkProgress()
    progress.assign([partition({ committedOffset: 5, durableOffset: 5 })])
    expect(progress.planCommit(100, false)).toBeUndefined()
    progress.durable(of, 8)
    const plan = progress.planCommit(100, false)!
    expect(plan.offsets).toMatchObject([{ ...of, offset: 8 }])
    progress.committed(plan)
    expect(progress.planCommit(100, true)).toBeUndefined()
  })

  it('commits in steps that each hold no more dead letters than an append takes', () => {
    const progress = new SinkProgress()
    progress.assign([partition()])
    for (let offset = 0; offset < 10; offset++) progress.fail(of, failed(offset, 40))
    progress.durable(of, 20)
    const steps: [number, number][] = []
    for (let plan = progress.planCommit(100, false); plan !== undefined; plan = progress.planCommit(100, false)) {
      steps.push([plan.letters.length, plan.offsets[0]!.offset])
      progress.committed(plan)
    }
    expect(steps).toEqual([
      [2, 2],
      [2, 4],
      [2, 6],
      [2, 8],
      [2, 20],
    ])
  })

  it('takes a dead letter larger than a step alone', () => {
    const progress = new SinkProgress()
    progress.assign([partition()])
    progress.fail(of, failed(0, 1_000))
    progress.fail(of, failed(1, 1_000))
    progress.durable(of, 2)
    const plan = progress.planCommit(100, false)!
    expect([plan.letters.length, plan.offsets[0]!.offset]).toEqual([1, 1])
  })

  it('counts as lag what lies between durable and the end of the log', () => {
    const progress = new SinkProgress()
    progress.assign([partition({ durableOffset: 400 }), partition({ partition: 1, durableOffset: 1_000 })])
    expect(progress.lagRecords).toBe(600)
  })
})

describe('the note of a commit', () => {
  it('comes back as it went', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.nat(), (topicId, failedBelow) => {
        expect(decodeCommitNote(encodeCommitNote({ topicId, failedBelow }))).toEqual({ topicId, failedBelow })
      }),
    )
  })

  it('says nothing where somebody else wrote the metadata', () => {
    for (const foreign of ['', 'note', '{}', '{"topicId":', '{"topicId":5,"failedBelow":1}', '{"topicId":"x"}']) {
      expect(decodeCommitNote(foreign)).toEqual({ topicId: undefined, failedBelow: 0 })
    }
  })
})
