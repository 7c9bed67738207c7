// Whose time records carry: their producer's, or that of their append.

import { describe, expect, test } from 'vitest'
import {
  batchField,
  checkBatch,
  isLogAppendTime,
  maxTimestampOf,
  sealBatch,
} from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { compressedBatch } from '../../core/record/compressed-batch.js'
import { codeOf, type MakeHarness, record, someTimeMs, useEngine, wanted } from './engine-harness.js'

export function timestampBehaviours(make: MakeHarness): void {
  describe('the time of records', () => {
    const under = useEngine(make)
    const of = { topic: 't', partition: 0 }
    const batch = encodeBatch([record('a', { timestampMs: someTimeMs + 9 }), record('b'), record('c')])

    test('is their own in a topic that says create', async () => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      const [appended] = await under.engine.append([{ ...of, batch }])
      expect(appended).toMatchObject({ baseOffset: 0, lastOffset: 2, appendTimeMs: -1 })
      expect((await under.records('t', 0)).map(({ timestampMs }) => timestampMs)).toEqual([
        someTimeMs + 9,
        someTimeMs,
        someTimeMs,
      ])
    })

    test.for([0, 1, 2, 3, 4])('is that of the append in a topic that says append, with codec %i', async (codec) => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: { timestampType: 'append' } })
      const sent = compressedBatch(batch, codec)
      const before = Buffer.from(sent)
      const [first] = await under.engine.append([{ ...of, batch: sent }])
      await under.passTime(5_000)
      const [second] = await under.engine.append([{ ...of, batch: sent }])
      expect(sent.equals(before)).toBe(true)
      const [firstMs, secondMs] = [first!.appendTimeMs, second!.appendTimeMs]
      expect(firstMs).toBeGreaterThanOrEqual(0)
      expect(secondMs).toBe(firstMs + 5_000)

      if (under.persistent) await under.reopen()
      const times = (await under.records('t', 0)).map(({ timestampMs }) => timestampMs)
      expect(times).toEqual([firstMs, firstMs, firstMs, secondMs, secondMs, secondMs])
      const [chunk] = await under.read([wanted('t', 0, 0)])
      const { batches } = chunk!
      expect(checkBatch(batches, 0, batches.length)).toBeUndefined()
      expect([isLogAppendTime(batches, 0), maxTimestampOf(batches, 0)]).toEqual([true, firstMs])
      // The records themselves stay as they were sent.
      expect(batches.subarray(61, sent.length).equals(sent.subarray(61))).toBe(true)

      expect(await under.engine.offsetFor(of, someTimeMs)).toBe(firstMs >= someTimeMs ? 0 : 6)
      expect(await under.engine.offsetFor(of, firstMs)).toBe(0)
      expect(await under.engine.offsetFor(of, firstMs + 1)).toBe(3)
      expect(await under.engine.offsetFor(of, secondMs + 1)).toBe(6)
    })

    test('follows the setting from the next append on', async () => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      await under.engine.append([{ ...of, batch }])
      await under.engine.topics.alter('t', { settings: { timestampType: 'append' } })
      const [stamped] = await under.engine.append([{ ...of, batch }])
      expect(stamped!.appendTimeMs).toBeGreaterThanOrEqual(0)
      await under.engine.topics.alter('t', { settings: { timestampType: 'create' } })
      const [own] = await under.engine.append([{ ...of, batch }])
      expect(own!.appendTimeMs).toBe(-1)
    })

    test('of the append is not for a producer to give', async () => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      const claiming = Buffer.from(batch)
      claiming.writeInt16BE(8, 21)
      sealBatch(claiming, 0, claiming.length)
      expect(await codeOf(under.engine.append([{ ...of, batch: claiming }]))).toBe('corrupt_batch')
    })

    test('that no number holds is refused', async () => {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: {} })
      for (const field of [batchField.baseTimestamp, batchField.maxTimestamp]) {
        const distant = Buffer.from(batch)
        distant.writeBigInt64BE(-(2n ** 62n), field)
        sealBatch(distant, 0, distant.length)
        expect(await codeOf(under.engine.append([{ ...of, batch: distant }]))).toBe('corrupt_batch')
      }
    })

    test('that a topic cannot keep is refused', async () => {
      const settings = { timestampType: 'now' as 'append' }
      expect(await codeOf(under.engine.topics.create({ name: 't', partitions: 1, settings }))).toBe(
        'invalid_topic_setting',
      )
    })
  })
}
