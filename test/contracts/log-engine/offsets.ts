// Behaviours of every engine: offsets by time, the bounds of a partition, and what removes records.

import { beforeEach, describe, expect, test } from 'vitest'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { codeOf, type MakeHarness, record, someTimeMs, useEngine } from './engine-harness.js'

export function offsetBehaviours(make: MakeHarness): void {
  describe('offsets', () => {
    const under = useEngine(make)
    const of = { topic: 't', partition: 0 }

    beforeEach(async () => {
      await under.engine.topics.create({ name: 't', partitions: 1 })
    })

    async function appendAt(...timestamps: readonly number[]): Promise<void> {
      const batch = encodeBatch(timestamps.map((timestampMs) => record('v', { timestampMs })))
      await under.engine.append([{ ...of, batch }])
    }

    test('of an empty partition are all 0', async () => {
      const none = {
        logStartOffset: 0,
        highWatermark: 0,
        writtenWatermark: 0,
        lastStableOffset: 0,
        logEndOffset: 0,
        bytes: 0,
      }
      expect(await under.engine.bounds(of)).toEqual(none)
      for (const at of ['earliest', 'latest', 0, someTimeMs] as const)
        expect(await under.engine.offsetFor(of, at)).toBe(0)
    })

    test('are found by time, inside of batches too', async () => {
      await appendAt(100, 200, 300)
      await appendAt(400)
      await appendAt(500, 600)
      const found = []
      for (const at of [0, 100, 101, 300, 301, 450, 600]) found.push(await under.engine.offsetFor(of, at))
      expect(found).toEqual([0, 0, 1, 2, 3, 4, 5])
    })

    test('are the end for a time later than all records', async () => {
      await appendAt(100, 200)
      expect(await under.engine.offsetFor(of, 201)).toBe(2)
    })

    test('are the first at or after a time, even where times go back', async () => {
      await appendAt(300, 100, 500)
      await appendAt(200)
      expect(await under.engine.offsetFor(of, 150)).toBe(0)
      expect(await under.engine.offsetFor(of, 301)).toBe(2)
    })

    test('are found by time among many batches', async () => {
      for (let time = 0; time < 300; time++) await appendAt(time * 10)
      for (const offset of [0, 1, 57, 150, 298, 299]) {
        expect(await under.engine.offsetFor(of, offset * 10)).toBe(offset)
        expect(await under.engine.offsetFor(of, offset * 10 - 5)).toBe(offset)
      }
    })

    test('earliest and latest are the bounds', async () => {
      await appendAt(1, 2, 3)
      await under.engine.deleteRecords(of, 1)
      expect([await under.engine.offsetFor(of, 'earliest'), await under.engine.offsetFor(of, 'latest')]).toEqual([1, 3])
    })

    test('of what is not there are refused', async () => {
      const missing = { topic: 't', partition: 1 }
      expect(await codeOf(under.engine.bounds(missing))).toBe('unknown_partition')
      expect(await codeOf(under.engine.offsetFor(missing, 'latest'))).toBe('unknown_partition')
      expect(await codeOf(under.engine.deleteRecords(missing, 0))).toBe('unknown_partition')
      expect(await codeOf(under.engine.bounds({ topic: 'x', partition: 0 }))).toBe('unknown_topic')
    })

    test('count the bytes of a partition', async () => {
      await under.append('t', 0, ['a'])
      const { bytes } = await under.engine.bounds(of)
      expect(bytes).toBeGreaterThan(60)
      await under.append('t', 0, ['a'])
      expect((await under.engine.bounds(of)).bytes).toBe(2 * bytes)
    })

    test('below the log start are gone', async () => {
      for (const value of ['a', 'b', 'c']) await under.append('t', 0, [value])
      expect(await under.engine.deleteRecords(of, 2)).toBe(2)
      expect(await under.engine.bounds(of)).toMatchObject({ logStartOffset: 2, highWatermark: 3 })
      expect(await codeOf(under.values('t', 0, 1))).toBe('offset_out_of_range')
      expect(await under.values('t', 0, 2)).toEqual(['c'])
    })

    test('can start inside of a batch, which comes whole', async () => {
      await appendAt(10, 20, 30)
      expect(await under.engine.deleteRecords(of, 1)).toBe(1)
      expect((await under.records('t', 0, 1)).map(({ offset }) => offset)).toEqual([1, 2])
      expect(await under.engine.offsetFor(of, 5)).toBe(1)
    })

    test('do not go back when less is deleted than before', async () => {
      for (const value of ['a', 'b', 'c']) await under.append('t', 0, [value])
      await under.engine.deleteRecords(of, 2)
      expect(await under.engine.deleteRecords(of, 1)).toBe(2)
    })

    test('beyond the end cannot be deleted', async () => {
      await under.append('t', 0, ['a'])
      expect(await codeOf(under.engine.deleteRecords(of, 2))).toBe('offset_out_of_range')
      expect(await under.values('t', 0)).toEqual(['a'])
    })

    test('go on where they were when all records are deleted', async () => {
      await under.append('t', 0, ['a', 'b'])
      await under.engine.deleteRecords(of, 2)
      expect(await under.append('t', 0, ['c'])).toMatchObject({ baseOffset: 2 })
      expect(await under.values('t', 0, 2)).toEqual(['c'])
    })
  })

  describe('retention', () => {
    const under = useEngine(make)
    const of = { topic: 't', partition: 0 }
    const nobody = { group: 'p.sink', memberId: '', generation: -1 }
    const value = 'x'.repeat(900)
    const maintenanceMs = 60_000

    async function create(settings: { retentionBytes?: number; retentionMs?: number }): Promise<void> {
      await under.engine.topics.create({ name: 't', partitions: 1, settings: { segmentBytes: 2048, ...settings } })
    }

    async function fill(count: number, timestampMs = someTimeMs): Promise<void> {
      for (let index = 0; index < count; index++) {
        await under.engine.append([{ ...of, batch: encodeBatch([record(value, { timestampMs })]) }])
      }
    }

    const logStart = async (): Promise<number> => (await under.engine.bounds(of)).logStartOffset

    test('by size deletes the oldest records, and no more than it must', async () => {
      await create({ retentionBytes: 4096, retentionMs: -1 })
      await fill(20)
      // A segment goes whole, and only when enough is left without it.
      await under.until(async () => (await under.engine.bounds(of)).bytes < 4096 + 2 * 2048, maintenanceMs)
      await under.passTime(10 * maintenanceMs)
      expect((await under.engine.bounds(of)).bytes).toBeGreaterThanOrEqual(4096)
      expect(await under.values('t', 0, await logStart())).toHaveLength(20 - (await logStart()))
    })

    test('by time deletes what is older', async () => {
      await create({ retentionMs: 3_600_000 })
      await fill(6, someTimeMs - 7_200_000)
      await fill(6, someTimeMs + 7_200_000)
      await under.until(async () => (await logStart()) > 0, maintenanceMs)
      await under.passTime(maintenanceMs)
      expect(await logStart()).toBeLessThanOrEqual(6)
      expect((await under.records('t', 0, 6)).map(({ offset }) => offset)).toEqual([6, 7, 8, 9, 10, 11])
    })

    test('without a limit deletes nothing', async () => {
      await create({ retentionBytes: -1, retentionMs: -1 })
      await fill(20, 0)
      await under.passTime(10 * maintenanceMs)
      expect(await logStart()).toBe(0)
    })

    test('keeps what a declared consumer has not committed', async () => {
      await create({ retentionBytes: 0, retentionMs: 0 })
      under.engine.keepFor([{ group: 'p.sink', topics: ['t'] }])
      await fill(10, 0)
      await under.passTime(10 * maintenanceMs)
      expect(await logStart()).toBe(0)
      await under.engine.groups.commit({ ...nobody, offsets: [{ ...of, offset: 6 }] })
      await fill(1, 0)
      await under.until(async () => (await logStart()) > 0, maintenanceMs)
      await under.passTime(10 * maintenanceMs)
      expect(await logStart()).toBeLessThanOrEqual(6)
    })

    test('keeps for the slowest of several consumers, and for none that was taken off the list', async () => {
      await create({ retentionBytes: 0, retentionMs: 0 })
      const consumers = ['p.sink', 'p.slow'].map((group) => ({ group, topics: ['t'] }))
      under.engine.keepFor(consumers)
      await fill(10, 0)
      await under.engine.groups.commit({ ...nobody, offsets: [{ ...of, offset: 10 }] })
      await under.passTime(10 * maintenanceMs)
      expect(await logStart()).toBe(0)
      under.engine.keepFor(consumers.slice(0, 1))
      await fill(1, 0)
      await under.until(async () => (await logStart()) > 0, maintenanceMs)
    })
  })

  describe('compaction', () => {
    const under = useEngine(make)
    const of = { topic: 't', partition: 0 }

    test('leaves each key its latest record, at its offset', async ({ skip }) => {
      if (!under.engine.capabilities.compaction) return skip()
      const settings = { cleanup: 'compact', segmentBytes: 4096, minDirtyRatio: 0.1 } as const
      await under.engine.topics.create({ name: 't', partitions: 1, settings })
      const latest = new Map<string, number>()
      for (let index = 0; index < 400; index++) {
        const key = `key ${index % 7}`
        const batch = encodeBatch([record(`value ${index}`, { key: Buffer.from(key) })])
        const [appended] = await under.engine.append([{ ...of, batch }])
        latest.set(key, appended!.baseOffset)
      }
      await under.until(async () => (await under.records('t', 0)).length < 200, 60_000)
      const records = await under.records('t', 0)
      const found = new Map(records.map(({ key, offset }) => [key, offset]))
      expect(found).toEqual(latest)
      for (const { offset, value } of records) expect(value).toBe(`value ${offset}`)
      const offsets = records.map(({ offset }) => offset)
      expect(offsets).toEqual([...offsets].sort((a, b) => a - b))
      expect(await under.engine.bounds(of)).toMatchObject({ logStartOffset: 0, highWatermark: 400 })
    })

    test('keeps a tombstone for its delay, and then removes its key', async ({ skip }) => {
      if (!under.engine.capabilities.compaction) return skip()
      const deleteRetentionMs = 3_600_000
      const settings = { cleanup: 'compact', segmentBytes: 1024, minDirtyRatio: 0, deleteRetentionMs } as const
      await under.engine.topics.create({ name: 't', partitions: 1, settings })
      const put = (key: string, value: string | null) =>
        under.engine.append([{ ...of, batch: encodeBatch([record(value, { key: Buffer.from(key) })]) }])
      const isThere = async (key: string) => (await under.records('t', 0)).some((found) => found.key === key)
      await put('gone', 'x'.repeat(700))
      await put('gone', null)
      for (let index = 0; index < 6; index++) await put('other', 'x'.repeat(700))
      await under.until(
        async () => (await under.records('t', 0)).filter(({ key }) => key === 'gone').length === 1,
        60_000,
      )
      expect((await under.records('t', 0)).find(({ key }) => key === 'gone')).toMatchObject({ value: null })
      await under.passTime(deleteRetentionMs)
      for (let index = 0; index < 6; index++) await put('other', 'x'.repeat(700))
      await under.until(async () => !(await isThere('gone')), 120_000)
    })
  })
}
