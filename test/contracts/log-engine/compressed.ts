// Compressed batches: untouched on their way, opened where somebody looks for a time or a key.

import { describe, expect, test } from 'vitest'
import { batchBytes, batchHeaderBytes, codecOf, sealBatch } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { compressedBatch, unreadableBatch } from '../../core/record/compressed-batch.js'
import { foreignBatches, foreignRecordCount } from '../../core/record/foreign-batches.js'
import { codeOf, type MakeHarness, record, recordsOf, someTimeMs, useEngine, wanted } from './engine-harness.js'

const codecs = [1, 2, 3, 4]

export function compressedBehaviours(make: MakeHarness): void {
  describe('compressed batches', () => {
    const under = useEngine(make)

    const of = { topic: 't', partition: 0 }

    test.each(foreignBatches)('comes out of the log as $name sent it', async ({ batch }) => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      await under.engine.append([{ ...of, batch }])
      if (under.persistent) await under.reopen()
      const [chunk] = await under.read([wanted('t', 0, 0)])
      // Before it lie base offset and leader epoch, which the log sets.
      expect(chunk!.batches.subarray(16).equals(batch.subarray(16))).toBe(true)
      expect(recordsOf(chunk!)).toHaveLength(foreignRecordCount)
    })

    test('is refused with a codec that there is not', async () => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      const batch = encodeBatch([record('a')])
      batch.writeInt16BE(5, 21)
      sealBatch(batch, 0, batch.length)
      expect(await codeOf(under.engine.append([{ ...of, batch }]))).toBe('corrupt_batch')
    })

    test.each(codecs)('is opened to find a time in it: codec %i', async (codec) => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      for (const start of [0, 10, 20]) {
        const records = [0, 1, 2].map((more) => record('v', { timestampMs: someTimeMs + start + more }))
        await under.engine.append([{ ...of, batch: compressedBatch(encodeBatch(records), codec) }])
      }
      expect(await under.engine.offsetFor(of, someTimeMs + 11)).toBe(4)
      expect(await under.engine.offsetFor(of, someTimeMs + 13)).toBe(6)
    })

    test('that cannot be opened is where a time is said to begin that it may hold', async () => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      const batch = encodeBatch([record('a'), record('b')])
      await under.engine.append([{ ...of, batch }])
      await under.engine.append([{ ...of, batch: unreadableBatch(batch, 2) }])
      expect(await under.engine.offsetFor(of, someTimeMs)).toBe(0)
      await under.engine.deleteRecords(of, 3)
      expect(await under.engine.offsetFor(of, someTimeMs)).toBe(3)
    })

    test.for(codecs)('keeps its codec when compaction takes records out of it: codec %i', async (codec, { skip }) => {
      if (!under.engine.capabilities.compaction) return skip()
      const settings = { cleanup: 'compact', segmentBytes: 4096, minDirtyRatio: 0.1 } as const
      await under.engine.topics.create({ name: 't', partitions: 1, settings })
      const damaged = unreadableBatch(encodeBatch([record('lost', { key: Buffer.from('again') })]), codec)
      await under.engine.append([{ ...of, batch: damaged }])
      for (let round = 0; round < 60; round++) {
        const records = ['again', `round-${round}`].map((key) => record(noise(round), { key: Buffer.from(key) }))
        await under.engine.append([{ ...of, batch: compressedBatch(encodeBatch(records), codec) }])
      }
      const records = async (from: number) => under.records('t', 0, from)
      await under.until(async () => (await records(1)).filter(({ key }) => key === 'again').length < 30, 60_000)

      const kept = await records(1)
      expect(kept.filter(({ key }) => key?.startsWith('round-'))).toHaveLength(60)
      expect(kept.slice(-2)).toMatchObject([
        { key: 'again', offset: 119 },
        { key: 'round-59', offset: 120 },
      ])
      const [chunk] = await under.read([wanted('t', 0, 0)])
      const { batches } = chunk!
      expect(batches.subarray(batchHeaderBytes, damaged.length)).toEqual(damaged.subarray(batchHeaderBytes))
      for (let at = 0; at < batches.length; at += batchBytes(batches, at)) expect(codecOf(batches, at)).toBe(codec)
    })
  })
}

/** Text that no codec makes much smaller, so that segments fill. */
function noise(seed: number): string {
  return Array.from({ length: 60 }, (_, at) => Math.imul(seed * 60 + at + 1, 0x9e3779b1).toString(36)).join()
}
