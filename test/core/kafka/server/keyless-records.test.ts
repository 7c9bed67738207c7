import { beforeAll, describe, expect, it } from 'vitest'
import { KeylessRecords } from '../../../../core/kafka/server/keyless-records.js'
import { batchField, batchHeaderBytes, sealBatch } from '../../../../core/record/batch-layout.js'
import { compress, mostDecompressedBytes } from '../../../../core/record/compression.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'
import { prepareZstd } from '../../../../core/record/zstd.js'
import { ManualClock } from '../../../support/manual-clock.js'

const mebibyte = 1024 * 1024
const zstd = 4
const idle = new AbortController().signal

/** Counts how often the event loop was let go round. */
class CountingClock extends ManualClock {
  rounds = 0
  readonly arrayBuffers: number[] = []

  override soon(callback: () => void): void {
    this.rounds++
    this.arrayBuffers.push(process.memoryUsage().arrayBuffers)
    super.soon(callback)
  }
}

const batchOf = (...keys: readonly (string | null)[]): Buffer =>
  encodeBatch(
    keys.map((key) => ({ key: key === null ? null : Buffer.from(key), value: Buffer.from('v'), timestampMs: 1 })),
  )

/** A batch of so many records with an empty key and nothing else, or of one with a value of so many bytes. */
function bomb(content: { readonly records: number } | { readonly valueBytes: number }): Buffer {
  const count = 'records' in content ? content.records : 1
  const value = Buffer.alloc('records' in content ? 0 : content.valueBytes)
  const plain = encodeBatch([{ key: Buffer.from('key'), value, timestampMs: 1 }])
  const records =
    'records' in content
      ? Buffer.alloc(7 * count, Buffer.from([12, 0, 0, 0, 0, 1, 0]))
      : plain.subarray(batchHeaderBytes)
  const batch = Buffer.concat([plain.subarray(0, batchHeaderBytes), compress(zstd, records)])
  batch.writeInt16BE(zstd, batchField.attributes)
  batch.writeInt32BE(count - 1, batchField.lastOffsetDelta)
  batch.writeInt32BE(count, batchField.recordCount)
  sealBatch(batch, 0, batch.length)
  return batch
}

beforeAll(prepareZstd)

describe('records without a key', () => {
  it('are found by their number, up to as many as are asked for', async () => {
    const keyless = new KeylessRecords(new ManualClock())
    expect(await keyless.find(batchOf('a', null, 'b', null, null), 100, idle)).toEqual([1, 3, 4])
    expect(await keyless.find(batchOf(null, null, null), 2, idle)).toEqual([0, 1])
    expect(await keyless.find(batchOf('a', ''), 100, idle)).toEqual([])
  })

  it('are looked for without holding up others: a batch with many of them takes turns', async () => {
    const clock = new CountingClock()
    const records = 1_000_000
    expect(await new KeylessRecords(clock).find(bomb({ records }), 100, idle)).toEqual([])
    expect(clock.rounds).toBeGreaterThanOrEqual(5)
  })

  it('cost others nothing to look for in small batches', async () => {
    const clock = new CountingClock()
    const keyless = new KeylessRecords(clock)
    for (let count = 0; count < 1000; count++) await keyless.find(batchOf('a', 'b'), 100, idle)
    expect(clock.rounds).toBe(0)
  })

  it('are looked for in one batch at a time: what all of them open to is never there together', async () => {
    const clock = new CountingClock()
    const keyless = new KeylessRecords(clock)
    const large = bomb({ valueBytes: 48 * mebibyte })
    const before = process.memoryUsage().arrayBuffers
    const found = await Promise.all(Array.from({ length: 12 }, () => keyless.find(large, 100, idle)))
    expect(found.flat()).toEqual([])
    expect(clock.rounds).toBeGreaterThanOrEqual(11)
    // What was open before is garbage that may still be there.
    expect(Math.max(...clock.arrayBuffers) - before).toBeLessThan(5 * mostDecompressedBytes)
  })

  it('are looked for no longer when nobody waits, and then for the next one', async () => {
    const keyless = new KeylessRecords(new ManualClock())
    const asking = new AbortController()
    const given = keyless.find(bomb({ records: 3_000_000 }), 100, asking.signal)
    const waiting = keyless.find(batchOf('a'), 100, asking.signal)
    const next = keyless.find(batchOf(null), 100, idle)
    asking.abort(new Error('the connection is closed'))
    await expect(given).rejects.toThrow('the connection is closed')
    await expect(waiting).rejects.toThrow('the connection is closed')
    expect(await next).toEqual([0])
  })

  it('of a batch that cannot be opened are an error, and the next batch is looked through', async () => {
    const keyless = new KeylessRecords(new ManualClock())
    const damaged = bomb({ valueBytes: 100 })
    damaged.fill(0xff, batchHeaderBytes)
    await expect(keyless.find(damaged, 100, idle)).rejects.toMatchObject({ code: 'decompression_failed' })
    expect(await keyless.find(batchOf(null), 100, idle)).toEqual([0])
  })
})
