import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { BatchRecordWriter } from '../../../core/pipeline/record-writer.js'
import { partitionForKey } from '../../../core/record/partitioner.js'
import { encodeHeaders } from '../../../core/record/record-headers.js'
import { parts } from './sources.js'
import { deadLetterTarget, decodeAll, makeWriter, mebibyte, totalBytes } from './writers.js'

const someRecords = fc.array(
  fc.record({ key: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e')), value: fc.string({ maxLength: 300 }) }),
  { maxLength: 200 },
)

describe('a record writer', () => {
  it('keeps every record once, in the order of its key, where the key belongs', () => {
    fc.assert(
      fc.property(
        someRecords,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1_024, max: 4_000 }),
        (records, partitions, maxBatchBytes) => {
          const writer = makeWriter({ partitions, maxBatchBytes })
          for (const { key, value } of records) {
            expect(writer.append(parts(Buffer.from(value), key === null ? null : Buffer.from(key)))).toBe(true)
          }
          const { entries, recordCount } = writer.take()
          const decoded = decodeAll(entries)
          expect(recordCount).toBe(records.length)
          for (const key of ['a', 'b', 'c', 'd', 'e', null]) {
            const own = decoded.filter((record) => record.key === key)
            expect(own.map(({ value }) => value)).toEqual(
              records.filter((r) => r.key === key).map(({ value }) => value),
            )
            if (key === null) expect(new Set(own.map(({ partition }) => partition)).size).toBeLessThanOrEqual(1)
            else
              expect(own.every(({ partition }) => partition === partitionForKey(Buffer.from(key), partitions))).toBe(
                true,
              )
          }
          expect(entries.every(({ batch }) => batch.length <= maxBatchBytes)).toBe(true)
        },
      ),
    )
  })

  it('holds the same after it was used before', () => {
    const writer = makeWriter({ partitions: 3, maxBatchBytes: 2_000 })
    const fresh = makeWriter({ partitions: 3, maxBatchBytes: 2_000 })
    const fill = (of: BatchRecordWriter, letter: string): void => {
      for (let count = 0; count < 100; count++)
        of.append(parts(Buffer.from(letter.repeat(count)), Buffer.from(String(count))))
    }
    fill(writer, 'x')
    writer.remember('old', 1)
    writer.take()
    writer.reset()
    expect(writer.isEmpty).toBe(true)
    fill(writer, 'y')
    fill(fresh, 'y')
    const [again, first] = [writer.take(), fresh.take()]
    expect(again.entries.map(({ batch }) => Buffer.from(batch))).toEqual(
      first.entries.map(({ batch }) => Buffer.from(batch)),
    )
    expect(again).toMatchObject({ recordCount: 100, valueBytes: first.valueBytes })
    expect([...again.points]).toEqual([])
  })

  it('is full at its size, and takes the refused record after it was emptied', () => {
    const writer = makeWriter()
    const record = parts(Buffer.alloc(1_000, 'x'), Buffer.from('k'))
    let taken = 0
    while (writer.append(record)) taken++
    const { entries } = writer.take()
    expect(totalBytes(entries)).toBeLessThanOrEqual(4 * mebibyte)
    expect(totalBytes(entries)).toBeGreaterThan(4 * mebibyte - 2_000)
    expect(decodeAll(entries)).toHaveLength(taken)
    writer.reset()
    expect(writer.append(record)).toBe(true)
  })

  it('takes a record larger than all of its size when it is empty', () => {
    const writer = makeWriter({ maxBatchBytes: 7 * mebibyte })
    const large = parts(Buffer.alloc(6 * mebibyte, 'x'))
    expect(writer.append(large)).toBe(true)
    expect(writer.append(parts(Buffer.from('y')))).toBe(false)
    expect(decodeAll(writer.take().entries)[0]?.value).toHaveLength(6 * mebibyte)
    writer.reset()
    writer.append(parts(Buffer.from('y')))
    expect(writer.append(large)).toBe(false)
  })

  it('holds little memory for a topic with many partitions', () => {
    const before = process.memoryUsage().arrayBuffers
    const writer = makeWriter({ partitions: 512 })
    for (let number = 0; number < 5_000; number++) writer.append(parts(Buffer.from('x'), Buffer.from(`key ${number}`)))
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * mebibyte)
    expect(writer.take().entries.length).toBeGreaterThan(500)
  })

  it('keeps headers, deletions and times', () => {
    const writer = makeWriter()
    const headers = encodeHeaders([{ key: 'host', value: Buffer.from('a1') }])
    writer.append({ ...parts(null, Buffer.from('k'), 77), headers })
    expect(decodeAll(writer.take().entries)).toMatchObject([
      { key: 'k', value: null, timestampMs: 77, headers: { host: 'a1' } },
    ])
  })

  it('takes of the value just its range, and copies it at once', () => {
    const writer = makeWriter()
    const bytes = Buffer.from('one two three')
    writer.append({ ...parts(bytes), valueStart: 4, valueEnd: 7 })
    bytes.fill('-')
    expect(decodeAll(writer.take().entries)[0]?.value).toBe('two')
  })

  it('remembers the last point of each key', () => {
    const writer = makeWriter()
    writer.remember('a', 1)
    writer.remember('b', 2)
    writer.remember('a', undefined)
    expect(writer.isEmpty).toBe(false)
    expect([...writer.take().points]).toEqual([
      ['a', undefined],
      ['b', 2],
    ])
  })

  it('is full with many points, so that an append stays bounded', () => {
    const writer = makeWriter()
    let files = 0
    for (; writer.append(parts(Buffer.from('line'))) && files < 100_000; files++)
      writer.remember(`file ${files}`, files)
    expect(files).toBe(4_096)
  })
})

describe('a record that cannot be used', () => {
  it('stops a source without a dead-letter topic, by name', () => {
    const writer = makeWriter({ maxBatchBytes: 2_000 })
    expect(() => writer.append(parts(Buffer.alloc(3_000)))).toThrow('shop.logs: a record for app.logs is too large')
    expect(() => writer.deadLetter(parts(Buffer.from('x')), 'line_too_long', 'too long')).toThrow(
      'shop.logs cannot use',
    )
    expect(writer.hasDeadLetters).toBe(false)
  })

  it('goes along as a dead letter, in the append of the records around it', () => {
    const writer = makeWriter({ deadLetterTarget })
    writer.append(parts(Buffer.from('before')))
    const headers = encodeHeaders([{ key: 'path', value: Buffer.from('/a') }])
    expect(
      writer.deadLetter({ ...parts(Buffer.from('long…'), Buffer.from('k'), 9), headers }, 'line_too_long', 'too long'),
    ).toBe(true)
    writer.append(parts(Buffer.from('after')))
    const { entries, recordCount, deadLetters } = writer.take()
    expect(decodeAll(entries).map(({ value }) => value)).toEqual(['before', 'after'])
    expect(recordCount).toBe(2)
    expect([...deadLetters]).toEqual([['line_too_long', 1]])
    expect(decodeAll(entries, 'dead')).toMatchObject([
      {
        partition: partitionForKey(Buffer.from('k'), 2),
        key: 'k',
        value: 'long…',
        timestampMs: 9,
        headers: {
          path: '/a',
          'tailrace.error.code': 'line_too_long',
          'tailrace.error.message': 'too long',
          'tailrace.error.pipeline': 'shop',
          'tailrace.error.edge': 'logs',
          'tailrace.error.topic': 'app.logs',
          'tailrace.error.attempts': '1',
          'tailrace.error.time': '2026-09-21T14:13:20.000Z',
        },
      },
    ])
  })

  it('is one for being too large, cut to what the dead-letter topic takes', () => {
    const writer = makeWriter({ deadLetterTarget, maxBatchBytes: 200_000 })
    expect(writer.append(parts(Buffer.alloc(300_000, 'x'), Buffer.from('k')))).toBe(true)
    const { entries } = writer.take()
    const [letter] = decodeAll(entries, 'dead')
    expect(entries[0]!.batch.length).toBeLessThanOrEqual(100_000)
    expect(letter!.value!.length).toBeGreaterThan(90_000)
    expect(letter!.headers).toMatchObject({
      'tailrace.error.code': 'record_too_large',
      'tailrace.error.cut': 'key=1 value=300000 headers=0',
    })
  })

  it('counts towards the size of the append', () => {
    const writer = makeWriter({ deadLetterTarget })
    const large = parts(Buffer.alloc(90_000, 'x'))
    let letters = 0
    while (writer.deadLetter(large, 'line_too_long', 'too long')) letters++
    expect(letters).toBeGreaterThan(40)
    expect(totalBytes(writer.take().entries)).toBeLessThanOrEqual(4 * mebibyte)
  })
})
