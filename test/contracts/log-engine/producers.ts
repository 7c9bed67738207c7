// Behaviours of every engine: batches that their producers number.

import { beforeEach, describe, expect, test } from 'vitest'
import { batchField, sealBatch } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { batchOf, codeOf, type MakeHarness, record, useEngine, wanted } from './engine-harness.js'

const of = { topic: 't', partition: 0 }
const lastSequence = 2 ** 31 - 1
const dayMs = 24 * 3600_000

interface Numbered {
  readonly id?: number
  readonly epoch?: number
  readonly sequence: number
}

/** A batch of these values as a producer sends it that numbers its batches. */
function numbered({ id = 7, epoch = 0, sequence }: Numbered, ...values: readonly string[]): Buffer {
  return withProducer(batchOf(...values), { id, epoch, sequence })
}

function withProducer(batch: Buffer, { id, epoch, sequence }: Required<Numbered>): Buffer {
  batch.writeBigInt64BE(BigInt(id), batchField.producerId)
  batch.writeInt16BE(epoch, batchField.producerEpoch)
  batch.writeInt32BE(sequence, batchField.baseSequence)
  sealBatch(batch, 0, batch.length)
  return batch
}

/** What no partition takes, whatever it knows of the producer. */
const malformed: readonly (readonly [string, Buffer])[] = [
  ['no epoch', numbered({ epoch: -1, sequence: 0 }, 'v')],
  ['no sequence', numbered({ sequence: -1 }, 'v')],
  ['an id beyond 2^53', numbered({ id: 2 ** 60, sequence: 0 }, 'v')],
]

export function producerBehaviours(make: MakeHarness): void {
  describe('an idempotent producer', () => {
    const under = useEngine(make)
    const send = async (batch: Uint8Array, to = of): Promise<number> => {
      const [appended] = await under.engine.append([{ ...to, batch }])
      return appended!.baseOffset
    }

    beforeEach(async () => {
      await under.engine.topics.create({ name: 't', partitions: 2 })
    })

    test('is answered with the first offsets when it sends one of its last five batches again', async () => {
      await under.append('t', 0, ['of somebody else'])
      for (let sequence = 0; sequence < 10; sequence += 2)
        await send(numbered({ sequence }, `${sequence}`, `${sequence + 1}`))
      for (let sequence = 0; sequence < 10; sequence += 2) {
        const batch = numbered({ sequence }, `${sequence}`, `${sequence + 1}`)
        expect(await under.engine.append([{ ...of, batch }])).toEqual([
          { ...of, baseOffset: sequence + 1, lastOffset: sequence + 2, appendTimeMs: -1 },
        ])
      }
      expect(await under.values('t', 0)).toHaveLength(11)
      expect(await send(numbered({ sequence: 10 }, 'next'))).toBe(11)
    })

    test('is refused what it repeats later than that', async () => {
      for (let sequence = 0; sequence < 6; sequence++) await send(numbered({ sequence }, `${sequence}`))
      expect(await codeOf(send(numbered({ sequence: 0 }, '0')))).toBe('out_of_order_sequence')
      expect(await send(numbered({ sequence: 1 }, '1'))).toBe(1)
    })

    test('is refused a gap, a part of a batch and a batch that reaches into the next', async () => {
      await send(numbered({ sequence: 0 }, 'a', 'b'))
      expect(await codeOf(send(numbered({ sequence: 3 }, 'd')))).toBe('out_of_order_sequence')
      expect(await codeOf(send(numbered({ sequence: 1 }, 'b')))).toBe('out_of_order_sequence')
      expect(await codeOf(send(numbered({ sequence: 0 }, 'a')))).toBe('out_of_order_sequence')
      expect(await codeOf(send(numbered({ sequence: 1 }, 'b', 'c')))).toBe('out_of_order_sequence')
      expect(await under.values('t', 0)).toEqual(['a', 'b'])
      expect(await send(numbered({ sequence: 2 }, 'c'))).toBe(2)
    })

    test('begins a newer epoch at 0, and ends the older one with it', async () => {
      await send(numbered({ sequence: 0 }, 'a'))
      expect(await codeOf(send(numbered({ epoch: 1, sequence: 1 }, 'b')))).toBe('out_of_order_sequence')
      expect(await send(numbered({ sequence: 1 }, 'still the older'))).toBe(1)
      expect(await send(numbered({ epoch: 1, sequence: 0 }, 'b'))).toBe(2)
      expect(await codeOf(send(numbered({ sequence: 2 }, 'too late')))).toBe('invalid_producer_epoch')
      expect(await codeOf(send(numbered({ sequence: 1 }, 'still the older')))).toBe('invalid_producer_epoch')
      expect(await send(numbered({ epoch: 1, sequence: 0 }, 'b'))).toBe(2)
      expect(await under.values('t', 0)).toEqual(['a', 'still the older', 'b'])
    })

    test('goes on at 0 behind the last sequence there is, also inside a batch', async () => {
      await send(numbered({ id: 1, sequence: lastSequence }, 'a'))
      expect(await send(numbered({ id: 1, sequence: 0 }, 'b'))).toBe(1)
      expect(await send(numbered({ id: 1, sequence: lastSequence }, 'a'))).toBe(0)
      await send(numbered({ id: 2, sequence: lastSequence - 1 }, 'c', 'd', 'e'))
      expect(
        await under.engine.append([{ ...of, batch: numbered({ id: 2, sequence: lastSequence - 1 }, 'c', 'd', 'e') }]),
      ).toMatchObject([{ ...of, baseOffset: 2, lastOffset: 4 }])
      expect(await codeOf(send(numbered({ id: 2, sequence: 0 }, 'f')))).toBe('out_of_order_sequence')
      expect(await send(numbered({ id: 2, sequence: 1 }, 'f'))).toBe(5)
    })

    test('that a partition does not know begins where it likes', async () => {
      expect(await send(numbered({ epoch: 3, sequence: 17 }, 'a'))).toBe(0)
      expect(await send(numbered({ epoch: 3, sequence: 18 }, 'b'))).toBe(1)
      expect(await send(numbered({ epoch: 3, sequence: 17 }, 'a'))).toBe(0)
    })

    test('is known to each partition by itself, and apart from the others', async () => {
      const other = { topic: 't', partition: 1 }
      await send(numbered({ sequence: 0 }, 'a'))
      await send(numbered({ sequence: 0 }, 'b'), other)
      await send(numbered({ id: 8, sequence: 0 }, 'c'))
      expect(await under.values('t', 0)).toEqual(['a', 'c'])
      expect(await under.values('t', 1)).toEqual(['b'])
    })

    test('that repeats itself while the first is under way is answered with it', async () => {
      const batch = numbered({ sequence: 0 }, 'a', 'b')
      const answers = await Promise.all(Array.from({ length: 5 }, () => under.engine.append([{ ...of, batch }])))
      for (const answer of answers) expect(answer).toMatchObject([{ ...of, baseOffset: 0, lastOffset: 1 }])
      expect(await under.engine.bounds(of)).toMatchObject({ highWatermark: 2, logEndOffset: 2 })
    })

    test('that sends the same batch twice in one append gets one place for both', async () => {
      const entry = { ...of, batch: numbered({ sequence: 0 }, 'a') }
      const answer = await under.engine.append([entry, entry, { ...of, batch: numbered({ sequence: 1 }, 'b') }])
      expect(answer.map(({ baseOffset }) => baseOffset)).toEqual([0, 0, 1])
      expect(await under.values('t', 0)).toEqual(['a', 'b'])
    })

    test('is answered in the order of the entries where some are repeated', async () => {
      await send(numbered({ sequence: 0 }, 'a', 'b'))
      const answer = await under.engine.append([
        { ...of, batch: numbered({ sequence: 2 }, 'c') },
        { topic: 't', partition: 1, batch: batchOf('plain') },
        { ...of, batch: numbered({ sequence: 0 }, 'a', 'b') },
      ])
      expect(answer.map(({ baseOffset, lastOffset }) => [baseOffset, lastOffset])).toEqual([
        [2, 2],
        [0, 0],
        [0, 1],
      ])
    })

    test('is where it was when its append is refused for another entry', async () => {
      const refused = under.engine.append([
        { ...of, batch: numbered({ sequence: 0 }, 'a') },
        { ...of, batch: numbered({ sequence: 1 }, 'b') },
        { topic: 't', partition: 1, batch: numbered({ sequence: 0 }, 'c') },
        { topic: 't', partition: 1, batch: numbered({ sequence: 5 }, 'gap') },
      ])
      expect(await codeOf(refused)).toBe('out_of_order_sequence')
      expect(under.engine.producers.describe(of)).toEqual([])
      expect(await under.engine.bounds(of)).toMatchObject({ logEndOffset: 0, bytes: 0 })
      await send(numbered({ sequence: 0 }, 'a'))
      await send(numbered({ sequence: 0 }, 'c'), { topic: 't', partition: 1 })
      expect(await under.values('t', 0)).toEqual(['a'])
    })

    test('is refused what its batches cannot mean', async () => {
      for (const [, batch] of malformed) expect(await codeOf(send(batch))).toBe('corrupt_batch')
      const transactional = batchOf('a transaction of nobody')
      transactional.writeInt16BE(0x10, batchField.attributes)
      sealBatch(transactional, 0, transactional.length)
      expect(await codeOf(send(transactional))).toBe('corrupt_batch')
    })

    test('is answered when what it repeats may be seen, on a topic that is acknowledged when written', async () => {
      await under.engine.topics.create({ name: 'w', partitions: 1, settings: { durability: 'written' } })
      const to = { topic: 'w', partition: 0 }
      const batch = numbered({ sequence: 0 }, 'a')
      expect(await Promise.all([send(batch, to), send(batch, to)])).toEqual([0, 0])
      expect(await send(batch, to)).toBe(0)
      const [chunk] = await under.read([wanted('w', 0, 0)], { isolation: 'written' })
      expect(chunk!.nextOffset).toBe(1)
    })

    test('is remembered though retention removed its records', async () => {
      await under.engine.topics.create({
        name: 'r',
        partitions: 1,
        settings: { retentionMs: 1000, segmentBytes: 1024 },
      })
      const to = { topic: 'r', partition: 0 }
      for (let sequence = 0; sequence < 5; sequence++) await send(numbered({ sequence }, 'x'.repeat(600)), to)
      await under.until(async () => (await under.engine.bounds(to)).logStartOffset >= 4, 2000)
      for (let sequence = 0; sequence < 5; sequence++)
        expect(await send(numbered({ sequence }, 'x'.repeat(600)), to)).toBe(sequence)
      expect(await codeOf(send(numbered({ sequence: 9 }, 'gap'), to))).toBe('out_of_order_sequence')
    })

    test('is remembered though its records were deleted on request', async () => {
      await send(numbered({ sequence: 0 }, 'a', 'b'))
      await under.engine.deleteRecords(of, 2)
      expect(await send(numbered({ sequence: 0 }, 'a', 'b'))).toBe(0)
      expect(await send(numbered({ sequence: 2 }, 'c'))).toBe(2)
    })

    test('is remembered though compaction rewrote its batches', async () => {
      const settings = { cleanup: 'compact', segmentBytes: 1024, minDirtyRatio: 0.1 } as const
      await under.engine.topics.create({ name: 'c', partitions: 1, settings })
      const to = { topic: 'c', partition: 0 }
      const keyed = (sequence: number): Buffer =>
        withProducer(encodeBatch([record(`${sequence} ${'x'.repeat(300)}`, { key: Buffer.from('k') })]), {
          id: 7,
          epoch: 0,
          sequence,
        })
      for (let sequence = 0; sequence < 12; sequence++) await send(keyed(sequence), to)
      await under.until(async () => (await under.values('c', 0)).length < 8, 1000)
      for (let sequence = 7; sequence < 12; sequence++) expect(await send(keyed(sequence), to)).toBe(sequence)
      expect(await send(keyed(12), to)).toBe(12)
    })

    test('is forgotten with its topic', async () => {
      await send(numbered({ sequence: 0 }, 'a'))
      await under.engine.topics.delete('t')
      await under.engine.topics.create({ name: 't', partitions: 1 })
      expect(under.engine.producers.describe(of)).toEqual([])
      expect(await send(numbered({ sequence: 0 }, 'a'))).toBe(0)
      expect(await under.values('t', 0)).toEqual(['a'])
    })

    test('is forgotten after a day without a batch, not before', async () => {
      await send(numbered({ id: 1, sequence: 0 }, 'a'))
      await send(numbered({ id: 2, sequence: 0 }, 'b'))
      await under.passTime(dayMs - 60_000)
      expect(await send(numbered({ id: 2, sequence: 1 }, 'c'))).toBe(2)
      expect(await codeOf(send(numbered({ id: 1, sequence: 9 }, 'gap')))).toBe('out_of_order_sequence')
      await under.passTime(120_000)
      expect(await send(numbered({ id: 1, sequence: 9 }, 'as if new'))).toBe(3)
      expect(await send(numbered({ id: 2, sequence: 1 }, 'c'))).toBe(2)
    })

    test('is described as the partition knows it', async () => {
      await send(numbered({ id: 1, sequence: 0 }, 'a', 'b'))
      await send(numbered({ id: 2, epoch: 4, sequence: 0 }, 'c'))
      await send(numbered({ id: 1, sequence: 2 }, 'd'))
      expect(under.engine.producers.describe(of)).toMatchObject([
        { producerId: 2, epoch: 4, lastSequence: 0, lastOffset: 2 },
        { producerId: 1, epoch: 0, lastSequence: 2, lastOffset: 3 },
      ])
      expect(await codeOf((async () => under.engine.producers.describe({ topic: 'x', partition: 0 }))())).toBe(
        'unknown_topic',
      )
    })

    test('is described with the time of the append where the topic keeps that', async () => {
      await under.engine.topics.create({ name: 'a', partitions: 1, settings: { timestampType: 'append' } })
      const to = { topic: 'a', partition: 0 }
      const [appended] = await under.engine.append([{ ...to, batch: numbered({ sequence: 0 }, 'a') }])
      expect(under.engine.producers.describe(to)).toMatchObject([{ lastTimestampMs: appended!.appendTimeMs }])
      if (!under.persistent) return
      await under.reopen()
      expect(under.engine.producers.describe(to)).toMatchObject([{ lastTimestampMs: appended!.appendTimeMs }])
    })

    test('is the same to an engine that was opened again', async ({ skip }) => {
      if (!under.persistent) skip()
      if (!under.persistent) return
      for (let sequence = 0; sequence < 6; sequence++) await send(numbered({ sequence }, `${sequence}`))
      await send(numbered({ id: 8, epoch: 2, sequence: 0 }, 'a'))
      const before = under.engine.producers.describe(of)
      for (let round = 0; round < 2; round++) {
        await under.reopen()
        expect(under.engine.producers.describe(of)).toEqual(before)
        for (let sequence = 1; sequence < 6; sequence++)
          expect(await send(numbered({ sequence }, `${sequence}`))).toBe(sequence)
        expect(await codeOf(send(numbered({ sequence: 7 }, 'gap')))).toBe('out_of_order_sequence')
        expect(await codeOf(send(numbered({ id: 8, epoch: 1, sequence: 0 }, 'old')))).toBe('invalid_producer_epoch')
      }
      expect(await under.values('t', 0)).toHaveLength(7)
    })

    test('grows older across starts', async ({ skip }) => {
      if (!under.persistent) skip()
      if (!under.persistent) return
      await send(numbered({ sequence: 0 }, 'a'))
      for (let round = 0; round < 3; round++) {
        await under.passTime(dayMs / 4)
        await under.reopen()
      }
      expect(under.engine.producers.describe(of)).toHaveLength(1)
      await under.passTime(dayMs / 3)
      expect(under.engine.producers.describe(of)).toEqual([])
    })
  })

  describe('producer ids', () => {
    const under = useEngine(make)

    test('are given away once', async () => {
      const { producers } = under.engine
      const given = await Promise.all(Array.from({ length: 2500 }, () => producers.allocate()))
      expect(new Set(given.map(({ producerId }) => producerId)).size).toBe(2500)
      for (const { producerId, epoch } of given) {
        expect(Number.isSafeInteger(producerId) && producerId >= 0).toBe(true)
        expect(epoch).toBe(0)
      }
    })

    test('are never given again by an engine that was opened again', async ({ skip }) => {
      if (!under.persistent) skip()
      if (!under.persistent) return
      const given: number[] = []
      for (let round = 0; round < 3; round++) {
        for (let count = 0; count < 3; count++) given.push((await under.engine.producers.allocate()).producerId)
        await under.reopen()
      }
      expect(new Set(given).size).toBe(9)
    })

    test('keep their number when the epoch is raised, until epochs run out', async () => {
      const { producers } = under.engine
      const first = await producers.allocate()
      const second = await producers.bump(first)
      expect(second).toEqual({ producerId: first.producerId, epoch: 1 })
      expect(await producers.bump(first)).toEqual(second)
      const last = { producerId: first.producerId, epoch: 32_767 }
      const other = await producers.bump(last)
      expect(other.producerId).not.toBe(first.producerId)
      expect(other.epoch).toBe(0)
    })

    test('of another hub are exchanged for one of this', async () => {
      const { producers } = under.engine
      const { producerId } = await producers.allocate()
      const stranger = { producerId: producerId + 1_000_000, epoch: 4 }
      const given = await producers.bump(stranger)
      expect(given.producerId).not.toBe(stranger.producerId)
      expect(given.epoch).toBe(0)
    })

    test('are not given away by an engine that is closed', async () => {
      const { engine } = under
      await engine.close()
      expect(await codeOf(engine.producers.allocate())).toBe('engine_stopped')
      expect(await codeOf(engine.producers.bump({ producerId: 1, epoch: 0 }))).toBe('engine_stopped')
    })
  })
}
