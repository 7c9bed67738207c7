// Behaviours of every engine: appends.

import { describe, beforeEach, expect, test } from 'vitest'
import { batchField, sealBatch } from '../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { batchOf, codeOf, type MakeHarness, record, useEngine, wanted } from './engine-harness.js'

/** The bytes from the CRC on: what an append may not change. */
function sealedPart(batch: Uint8Array): string {
  return Buffer.from(batch.subarray(batchField.magic)).toString('hex')
}

function changed(change: (batch: Buffer) => void): Buffer {
  const batch = batchOf('one', 'two')
  change(batch)
  return batch
}

const corrupt: readonly (readonly [string, Uint8Array])[] = [
  ['a flipped bit', changed((batch) => (batch[70]! ^= 1))],
  ['a cut end', batchOf('one', 'two').subarray(0, -1)],
  ['nothing at all', new Uint8Array(0)],
  ['a second batch behind it', Buffer.concat([batchOf('one'), batchOf('two')])],
  ['another format', changed((batch) => batch.writeInt8(1, batchField.magic))],
  ['a length beyond its end', changed((batch) => batch.writeInt32BE(1 << 30, batchField.batchLength))],
  [
    'fewer records than offsets',
    changed((batch) => {
      batch.writeInt32BE(2, batchField.lastOffsetDelta)
      sealBatch(batch, 0, batch.length)
    }),
  ],
  [
    'no records',
    changed((batch) => {
      batch.writeInt32BE(0, batchField.recordCount)
      sealBatch(batch, 0, batch.length)
    }),
  ],
  [
    'the mark of a transaction’s end',
    changed((batch) => {
      batch.writeInt16BE(0x20, batchField.attributes)
      sealBatch(batch, 0, batch.length)
    }),
  ],
]

export function appendBehaviours(make: MakeHarness): void {
  describe('appends', () => {
    const under = useEngine(make)
    const scope = { pipeline: 'p', connector: 'c' }
    const nobody = { group: 'g', memberId: '', generation: -1 }

    beforeEach(async () => {
      await under.engine.topics.create({ name: 't', partitions: 3 })
    })

    test('number records from 0 on, without gaps', async () => {
      expect(await under.append('t', 0, ['a', 'b'])).toEqual({
        topic: 't',
        partition: 0,
        baseOffset: 0,
        lastOffset: 1,
        appendTimeMs: -1,
      })
      expect(await under.append('t', 0, ['c'])).toEqual({
        topic: 't',
        partition: 0,
        baseOffset: 2,
        lastOffset: 2,
        appendTimeMs: -1,
      })
      expect((await under.records('t', 0)).map(({ offset, value }) => [offset, value])).toEqual([
        [0, 'a'],
        [1, 'b'],
        [2, 'c'],
      ])
    })

    test('number each partition by itself, and answer in the order of the entries', async () => {
      await under.append('t', 2, ['before'])
      const appended = await under.engine.append([
        { topic: 't', partition: 2, batch: batchOf('a') },
        { topic: 't', partition: 0, batch: batchOf('b', 'c') },
      ])
      expect(appended).toEqual([
        { topic: 't', partition: 2, baseOffset: 1, lastOffset: 1, appendTimeMs: -1 },
        { topic: 't', partition: 0, baseOffset: 0, lastOffset: 1, appendTimeMs: -1 },
      ])
    })

    test('take several batches for one partition in their order', async () => {
      const appended = await under.engine.append(
        ['a', 'b', 'c'].map((value) => ({ topic: 't', partition: 1, batch: batchOf(value) })),
      )
      expect(appended.map(({ baseOffset }) => baseOffset)).toEqual([0, 1, 2])
      expect(await under.values('t', 1)).toEqual(['a', 'b', 'c'])
    })

    test('keep every byte behind base offset and leader epoch', async () => {
      const headers = [
        { key: 'h', value: Buffer.from([0, 255]) },
        { key: 'none', value: null },
      ]
      const batch = encodeBatch([
        record('v', { key: Buffer.from('k'), headers, timestampMs: 5 }),
        record(null, { key: Buffer.from(''), timestampMs: 3 }),
        record('', { timestampMs: 9 }),
      ])
      await under.engine.append([{ topic: 't', partition: 0, batch }])
      const [chunk] = await under.read([wanted('t', 0, 0)])
      expect(sealedPart(chunk!.batches)).toBe(sealedPart(batch))
      expect((await under.records('t', 0)).map(({ key, value, timestampMs }) => [key, value, timestampMs])).toEqual([
        ['k', 'v', 5],
        ['', null, 3],
        [null, '', 9],
      ])
    })

    test('leave the caller’s bytes alone, and keep none of them', async () => {
      const batch = batchOf('mine')
      const before = Buffer.from(batch)
      await under.append('t', 0, ['first'])
      await under.engine.append([{ topic: 't', partition: 0, batch }])
      expect(batch).toEqual(before)
      batch.fill(0)
      expect(await under.values('t', 0)).toEqual(['first', 'mine'])
    })

    test.each(corrupt)('refuse a batch with %s', async (_what, batch) => {
      expect(await codeOf(under.engine.append([{ topic: 't', partition: 0, batch }]))).toBe('corrupt_batch')
      expect(await under.append('t', 0, ['next'])).toMatchObject({ baseOffset: 0 })
    })

    test('are refused whole when one entry is', async () => {
      const good = { topic: 't', partition: 0, batch: batchOf('good') }
      const { engine } = under
      expect(await codeOf(engine.append([good, { topic: 't', partition: 3, batch: batchOf('v') }]))).toBe(
        'unknown_partition',
      )
      expect(await codeOf(engine.append([good, { topic: 'x', partition: 0, batch: batchOf('v') }]))).toBe(
        'unknown_topic',
      )
      expect(await codeOf(engine.append([good, { topic: 't', partition: 1, batch: new Uint8Array(80) }]))).toBe(
        'corrupt_batch',
      )
      expect(await under.values('t', 0)).toEqual([])
      expect(await engine.bounds({ topic: 't', partition: 0 })).toMatchObject({ logEndOffset: 0, bytes: 0 })
    })

    test('refuse a batch that is larger than its topic takes', async () => {
      await under.engine.topics.create({ name: 'small', partitions: 1, settings: { maxBatchBytes: 1024 } })
      expect(await codeOf(under.append('small', 0, ['x'.repeat(1024)]))).toBe('batch_too_large')
      await under.append('small', 0, ['x'.repeat(900)])
      expect(await under.values('small', 0)).toHaveLength(1)
    })

    test('take up to 8 MiB, and not more', async () => {
      const batch = batchOf('x'.repeat(1024 * 1024 - 200))
      const entries = (count: number) => Array.from({ length: count }, () => ({ topic: 't', partition: 0, batch }))
      expect(await codeOf(under.engine.append(entries(9)))).toBe('append_too_large')
      expect(await under.engine.append(entries(8))).toHaveLength(8)
    })

    test('take effect in the order of the calls', async () => {
      const calls = Array.from({ length: 200 }, (_, index) => under.append('t', index % 2, [`${index}`]))
      const appended = await Promise.all(calls)
      expect(appended.map(({ baseOffset }) => baseOffset)).toEqual(appended.map((_, index) => Math.floor(index / 2)))
      expect(await under.values('t', 1)).toEqual(Array.from({ length: 100 }, (_, index) => `${index * 2 + 1}`))
    })

    test('let a good one pass beside one that is refused', async () => {
      const refused = under.engine.append([{ topic: 't', partition: 0, batch: new Uint8Array(90) }])
      const good = under.append('t', 0, ['good'])
      expect(await codeOf(refused)).toBe('corrupt_batch')
      expect(await good).toMatchObject({ baseOffset: 0 })
    })

    test('can be empty', async () => {
      expect(await under.engine.append([])).toEqual([])
    })

    test('are below the durable high watermark when they resolve', async () => {
      await under.append('t', 0, ['a', 'b', 'c'])
      expect(await under.engine.bounds({ topic: 't', partition: 0 })).toMatchObject({
        highWatermark: 3,
        logEndOffset: 3,
      })
    })

    test('take batches of a topic that is acknowledged when written', async () => {
      await under.engine.topics.create({ name: 'w', partitions: 1, settings: { durability: 'written' } })
      await Promise.all(['a', 'b', 'c'].map((value) => under.append('w', 0, [value])))
      const [chunk] = await under.read([wanted('w', 0, 0)], { isolation: 'written' })
      expect(chunk!.nextOffset).toBe(3)
      const waiting = under.read([wanted('w', 0, 0)], { minBytes: chunk!.batches.length, maxWaitMs: 3_600_000 })
      await under.passTime(1000)
      expect((await waiting)[0]!.nextOffset).toBe(3)
    })

    test('bring state along, or nothing at all', async () => {
      const { state } = under.engine
      const claim = await state.claim(scope)
      await under.append('t', 0, ['a'], { state: { claim, changes: [{ key: 'k', value: Buffer.from('1') }] } })
      expect(state.get(scope, 'k')).toEqual(Buffer.from('1'))
      await state.claim(scope)
      const fenced = under.append('t', 0, ['b'], { state: { claim, changes: [{ key: 'k', value: Buffer.from('2') }] } })
      expect(await codeOf(fenced)).toBe('state_fenced')
      expect(await under.values('t', 0)).toEqual(['a'])
      expect(state.get(scope, 'k')).toEqual(Buffer.from('1'))
    })

    test('bring group offsets along, or nothing at all', async () => {
      const { groups, state } = under.engine
      const claim = await state.claim(scope)
      const offsets = [{ topic: 't', partition: 0, offset: 1 }]
      await under.append('t', 1, ['a'], { commits: [{ ...nobody, offsets }] })
      expect(groups.committed('g', { topic: 't', partition: 0 })).toMatchObject({ offset: 1 })
      const stranger = {
        group: 'g',
        memberId: 'stranger',
        generation: 7,
        offsets: [{ topic: 't', partition: 0, offset: 2 }],
      }
      const update = { claim, changes: [{ key: 'k', value: Buffer.from('2') }] }
      expect(await codeOf(under.append('t', 1, ['b'], { state: update, commits: [stranger] }))).toBe('unknown_member')
      expect(await under.values('t', 1)).toEqual(['a'])
      expect(state.get(scope, 'k')).toBeUndefined()
      expect(groups.committed('g', { topic: 't', partition: 0 })).toMatchObject({ offset: 1 })
    })

    test('bring state and group offsets without any record', async () => {
      const { engine } = under
      const claim = await engine.state.claim(scope)
      const commits = [{ ...nobody, offsets: [{ topic: 't', partition: 2, offset: 4 }] }]
      const state = { claim, changes: [{ key: 'k', value: Buffer.from('1') }] }
      expect(await engine.append([], { state, commits })).toEqual([])
      expect(engine.state.get(scope, 'k')).toEqual(Buffer.from('1'))
      expect(engine.groups.committed('g', { topic: 't', partition: 2 })).toMatchObject({ offset: 4 })
    })

    test('move the offsets of one partition in the order of the calls', async () => {
      const commits = Array.from({ length: 50 }, (_, offset) =>
        under.append('t', 0, ['v'], { commits: [{ ...nobody, offsets: [{ topic: 't', partition: 0, offset }] }] }),
      )
      await Promise.all(commits)
      expect(under.engine.groups.committed('g', { topic: 't', partition: 0 })).toMatchObject({ offset: 49 })
    })
  })
}
