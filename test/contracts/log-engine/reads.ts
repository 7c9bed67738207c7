// Behaviours of every engine: reads and their long poll.

import { beforeEach, describe, expect, test } from 'vitest'
import { batchOf, codeOf, isSettled, type MakeHarness, never, recordsOf, useEngine, wanted } from './engine-harness.js'

/** Longer than any test takes: who waits that long was not woken. */
const forEver = 3_600_000

export function readBehaviours(make: MakeHarness): void {
  describe('reads', () => {
    const under = useEngine(make)
    const batchBytes = batchOf('0123456789').length

    beforeEach(async () => {
      await under.engine.topics.create({ name: 't', partitions: 3 })
    })

    /** So many batches of ten bytes. */
    async function fill(partition: number, count: number): Promise<void> {
      for (let index = 0; index < count; index++) await under.append('t', partition, ['0123456789'])
    }

    test('begin at the offset wanted and say where to go on', async () => {
      for (const value of ['a', 'b', 'c']) await under.append('t', 0, [value])
      const [chunk] = await under.read([wanted('t', 0, 1)])
      expect(recordsOf(chunk!).map(({ value }) => value)).toEqual(['b', 'c'])
      expect(chunk).toMatchObject({ topic: 't', partition: 0, nextOffset: 3, highWatermark: 3, logStartOffset: 0 })
    })

    test('give the whole batch that holds the offset', async () => {
      await under.append('t', 0, ['a', 'b', 'c'])
      const [chunk] = await under.read([wanted('t', 0, 1)])
      expect(recordsOf(chunk!).map(({ offset }) => offset)).toEqual([0, 1, 2])
      expect(chunk!.nextOffset).toBe(3)
    })

    test('give nothing at the end, and stay there', async () => {
      await under.append('t', 0, ['a'])
      const [chunk] = await under.read([wanted('t', 0, 1)])
      expect(chunk).toMatchObject({ nextOffset: 1, highWatermark: 1 })
      expect(chunk!.batches).toHaveLength(0)
      expect(chunk!.error).toBeUndefined()
    })

    test('answer for every partition in the order of the request', async () => {
      await under.append('t', 2, ['two'])
      const chunks = await under.read([wanted('t', 2, 0), wanted('t', 0, 0), wanted('t', 1, 0)])
      expect(chunks.map(({ partition, nextOffset }) => [partition, nextOffset])).toEqual([
        [2, 1],
        [0, 0],
        [1, 0],
      ])
    })

    test('belong to the reader', async () => {
      await under.append('t', 0, ['a'])
      const [chunk] = await under.read([wanted('t', 0, 0)])
      chunk!.batches.fill(0)
      expect(await under.values('t', 0)).toEqual(['a'])
    })

    test('give whole batches only, within the limit of the partition', async () => {
      await fill(0, 3)
      const [chunk] = await under.read([wanted('t', 0, 0, 2 * batchBytes + 5)])
      expect(chunk).toMatchObject({ nextOffset: 2 })
      expect(chunk!.batches).toHaveLength(2 * batchBytes)
    })

    test('give the first batch whole, however small the limits are', async () => {
      await fill(0, 2)
      const [chunk] = await under.read([wanted('t', 0, 0, 1)], { maxBytes: 1 })
      expect(chunk!.batches).toHaveLength(batchBytes)
    })

    test('give only one batch for free, to the first partition that has one', async () => {
      await fill(1, 2)
      await fill(2, 2)
      const chunks = await under.read([wanted('t', 0, 0), wanted('t', 2, 0), wanted('t', 1, 0)], { maxBytes: 1 })
      expect(chunks.map(({ batches }) => batches.length)).toEqual([0, batchBytes, 0])
      expect(chunks.map(({ nextOffset }) => nextOffset)).toEqual([0, 1, 0])
    })

    test('give no more than there is memory for, not even one batch when there is none', async () => {
      await fill(0, 4)
      const asked: number[] = []
      const given = async (offset: number, grantedBytes: number): Promise<number> => {
        const reserve = (thereBytes: number): number => asked.push(thereBytes) && grantedBytes
        const limits = {
          minBytes: 0,
          maxBytes: 1000 * batchBytes,
          maxWaitMs: 0,
          isolation: 'durable',
          reserve,
        } as const
        const { chunks } = await under.engine.read([wanted('t', 0, offset)], limits, never())
        return chunks[0]!.batches.length
      }
      expect(await given(0, 2 * batchBytes)).toBe(2 * batchBytes)
      expect(await given(0, 1)).toBe(batchBytes)
      expect(await given(0, 0)).toBe(0)
      expect(await given(4, 0)).toBe(0)
      expect(Math.min(...asked.slice(0, 3))).toBeGreaterThanOrEqual(4 * batchBytes)
      expect(asked[3]).toBe(0)
    })

    test('share the limit over all partitions in their order', async () => {
      for (const partition of [0, 1, 2]) await fill(partition, 3)
      const reads = [wanted('t', 0, 0, 2 * batchBytes), wanted('t', 1, 0), wanted('t', 2, 0)]
      const chunks = await under.read(reads, { maxBytes: 4 * batchBytes })
      expect(chunks.map(({ nextOffset }) => nextOffset)).toEqual([2, 2, 0])
    })

    test('see what an append brought as soon as it is acknowledged', async () => {
      for (let offset = 0; offset < 20; offset++) {
        await under.append('t', 0, [`${offset}`])
        const [chunk] = await under.read([wanted('t', 0, offset)])
        expect(recordsOf(chunk!).map(({ value }) => value)).toEqual([`${offset}`])
      }
    })

    test('answer at once when they want nothing to wait for', async () => {
      const [chunk] = await under.read([wanted('t', 0, 0)], { minBytes: 0, maxWaitMs: forEver })
      expect(chunk!.batches).toHaveLength(0)
    })

    test('are woken by an append', async () => {
      const waiting = under.read([wanted('t', 0, 0), wanted('t', 1, 0)], { minBytes: 1, maxWaitMs: forEver })
      expect(await isSettled(waiting)).toBe(false)
      await under.append('t', 1, ['news'])
      const chunks = await waiting
      expect(chunks.map(({ nextOffset }) => nextOffset)).toEqual([0, 1])
    })

    test('are not woken by an append to another partition', async () => {
      const waiting = under.read([wanted('t', 0, 0)], { minBytes: 1, maxWaitMs: forEver })
      await under.append('t', 1, ['not for it'])
      expect(await isSettled(waiting)).toBe(false)
      await under.append('t', 0, ['for it'])
      expect(recordsOf((await waiting)[0]!)).toHaveLength(1)
    })

    test('wait until there is enough over all partitions', async () => {
      const reads = [wanted('t', 0, 0), wanted('t', 1, 0)]
      const waiting = under.read(reads, { minBytes: 2 * batchBytes, maxWaitMs: forEver })
      await fill(0, 1)
      expect(await isSettled(waiting)).toBe(false)
      await fill(1, 1)
      expect((await waiting).map(({ nextOffset }) => nextOffset)).toEqual([1, 1])
    })

    test('do not wait for more than they may give', async () => {
      await fill(0, 3)
      const reads = [wanted('t', 0, 0, batchBytes)]
      const [chunk] = await under.read(reads, { minBytes: 10 * batchBytes, maxWaitMs: forEver })
      expect(chunk!.nextOffset).toBe(1)
    })

    test('answer with what is there when the time is over', async () => {
      await fill(0, 1)
      const waiting = under.read([wanted('t', 0, 0)], { minBytes: 1_000_000, maxWaitMs: 500 })
      await under.passTime(499)
      expect(await isSettled(waiting)).toBe(false)
      await under.passTime(1)
      expect((await waiting)[0]!.nextOffset).toBe(1)
    })

    test('many readers are woken by one append', async () => {
      const readers = Array.from({ length: 50 }, () =>
        under.read([wanted('t', 0, 0)], { minBytes: 1, maxWaitMs: forEver }),
      )
      await under.append('t', 0, ['for all'])
      for (const [chunk] of await Promise.all(readers)) expect(recordsOf(chunk!)).toHaveLength(1)
    })

    test.each([-1, 4, 1e12])('name an offset out of range, such as %d', async (offset) => {
      await under.append('t', 0, ['a', 'b', 'c'])
      const [chunk] = await under.read([wanted('t', 0, offset)], { minBytes: 1, maxWaitMs: forEver })
      expect(chunk).toMatchObject({ error: { code: 'offset_out_of_range' }, highWatermark: 3, logStartOffset: 0 })
      expect(chunk!.batches).toHaveLength(0)
    })

    test('answer the other partitions when one is out of range or unknown', async () => {
      await under.append('t', 1, ['a'])
      const reads = [wanted('t', 0, 9), wanted('t', 1, 0), wanted('t', 7, 0), wanted('nowhere', 0, 0)]
      const chunks = await under.read(reads, { minBytes: 1_000_000, maxWaitMs: forEver })
      expect(chunks.map(({ error }) => error?.code)).toEqual([
        'offset_out_of_range',
        undefined,
        'unknown_partition',
        'unknown_partition',
      ])
      expect(recordsOf(chunks[1]!).map(({ value }) => value)).toEqual(['a'])
    })

    test('reject with the reason of their signal, before and while they wait', async () => {
      const early = AbortSignal.abort(new Error('too early'))
      const limits = { minBytes: 1, maxBytes: 1000, maxWaitMs: forEver, isolation: 'durable' } as const
      await expect(under.engine.read([wanted('t', 0, 0)], limits, early)).rejects.toThrow('too early')
      const controller = new AbortController()
      const waiting = under.engine.read([wanted('t', 0, 0)], limits, controller.signal)
      controller.abort(new Error('no longer wanted'))
      await expect(waiting).rejects.toThrow('no longer wanted')
    })

    test('end when their topic is deleted', async () => {
      const waiting = under.read([wanted('t', 0, 0)], { minBytes: 1, maxWaitMs: forEver })
      await under.engine.topics.delete('t')
      expect((await waiting)[0]).toMatchObject({ error: { code: 'unknown_partition' } })
    })

    test('end when records below them are deleted', async () => {
      await under.append('t', 0, ['a', 'b'])
      await under.engine.deleteRecords({ topic: 't', partition: 0 }, 2)
      const [chunk] = await under.read([wanted('t', 0, 0)], { minBytes: 1, maxWaitMs: forEver })
      expect(chunk).toMatchObject({ error: { code: 'offset_out_of_range' }, logStartOffset: 2 })
    })

    test('end when the engine is closed', async () => {
      const waiting = codeOf(under.read([wanted('t', 0, 0)], { minBytes: 1, maxWaitMs: forEver }))
      await under.engine.close()
      expect(await waiting).toBe('engine_stopped')
    })

    test('go on through a thousand batches', async () => {
      const values = Array.from({ length: 1000 }, (_, index) => `value ${index}`)
      await Promise.all(values.map((value) => under.append('t', 0, [value])))
      const found: (string | null)[] = []
      for (let offset = 0; offset < 1000; ) {
        const { chunks } = await under.engine.read(
          [wanted('t', 0, offset, 5_000)],
          { minBytes: 1, maxBytes: 5_000, maxWaitMs: forEver, isolation: 'durable' },
          never(),
        )
        found.push(...recordsOf(chunks[0]!).map(({ value }) => value))
        offset = chunks[0]!.nextOffset
      }
      expect(found).toEqual(values)
    })
  })
}
