import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { engineErrors } from '../../../core/engine/errors.js'
import type { Destination } from '../../../core/connector/source.js'
import type { AppendTarget } from '../../../core/pipeline/append-target.js'
import type { BatchRecordWriter } from '../../../core/pipeline/record-writer.js'
import { partitionForKey } from '../../../core/record/partitioner.js'
import { parts } from './sources.js'
import { deadLetterTarget, decodeAll, makeWriter, mebibyte, totalBytes } from './writers.js'

const target = (topic: string, change: Partial<AppendTarget> = {}): AppendTarget => {
  return { topic, topicId: topic, partitions: 3, maxBatchBytes: mebibyte, ...change }
}

const places: readonly (Destination | undefined)[] = [
  undefined,
  { topic: 'shop.orders' },
  { topic: 'shop.orders', partition: 2 },
  { topic: 'shop.lines' },
  { topic: 'app.logs' },
]

interface Given {
  readonly topic: string
  readonly partition: number
  readonly value: string
}

/** What lies where: the place of a record without a key is the writer's to choose, but one for each topic and append. */
function modelOf(given: readonly Given[]): Map<string, string[]> {
  const model = new Map<string, string[]>()
  for (const { topic, partition, value } of given) {
    const place = `${topic}/${partition}`
    model.set(place, [...(model.get(place) ?? []), value])
  }
  return model
}

const append = fc.array(
  fc.record({
    place: fc.nat({ max: places.length - 1 }),
    key: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
    value: fc.string({ maxLength: 3_000 }),
  }),
  { minLength: 1, maxLength: 80 },
)

describe('a record writer for several topics', () => {
  it('puts every record where it belongs, in order, append after append', () => {
    fc.assert(
      fc.property(fc.array(append, { maxLength: 4 }), (appends) => {
        const writer = makeWriter({ partitions: 3 })
        for (const records of appends) {
          const given: Given[] = []
          let size = 0
          const unkeyed = new Map<string, Set<number>>()
          for (const { place, key, value } of records) {
            const to = places[place]
            const topic = to?.topic ?? 'app.logs'
            const bytes = key === null ? null : Buffer.from(key)
            const expected = writer.partitionOf(bytes, to?.topic)
            expect(expected).toBe(bytes === null ? -1 : partitionForKey(bytes, 3))
            expect(writer.append(parts(Buffer.from(value), bytes), to)).toBe(true)
            size++
            given.push({ topic, partition: to?.partition ?? expected, value })
          }
          const { entries, recordCount } = writer.take()
          expect(recordCount).toBe(size)
          const found = [...new Set(given.map(({ topic }) => topic))].flatMap((topic) =>
            decodeAll(entries, topic).map(({ partition, key, value }) => ({ topic, partition, key, value: value! })),
          )
          expect(found.length).toBe(size)
          // A record whose place the writer chose is looked for wherever the others of its topic without a key are.
          const chosen = given.map((record) => {
            if (record.partition >= 0) return record
            const at = found.find(({ topic, key, value }) => {
              return topic === record.topic && key === null && value === record.value
            })
            return { ...record, partition: at?.partition ?? -1 }
          })
          for (const { topic, partition } of chosen.filter((_, index) => given[index]!.partition < 0)) {
            unkeyed.set(topic, (unkeyed.get(topic) ?? new Set()).add(partition))
          }
          for (const partitions of unkeyed.values()) expect(partitions.size).toBe(1)
          expect(modelOf(found)).toEqual(modelOf(chosen))
          writer.reset()
        }
      }),
      { numRuns: 60 },
    )
  })

  it('gives each append a number of its own, whichever writer it is in', () => {
    const writers = [makeWriter(), makeWriter()]
    const seen = new Set<number>()
    for (let turn = 0; turn < 3; turn++) {
      for (const writer of writers) {
        seen.add(writer.appendNumber)
        writer.append(parts(Buffer.from('x')))
        expect(seen.has(writer.appendNumber)).toBe(true)
        writer.take()
        writer.reset()
      }
    }
    expect(seen.size).toBe(6)
  })

  it('sees in the next append that a topic was given more partitions', () => {
    let partitions = 1
    const writer = makeWriter({ targetOf: (topic) => target(topic, { partitions }) })
    const to = { topic: 'shop.orders' }
    writer.append(parts(Buffer.from('x')), to)
    partitions = 5
    expect(writer.partitionCount('shop.orders')).toBe(1)
    writer.take()
    writer.reset()
    expect(writer.partitionCount('shop.orders')).toBe(5)
    expect(writer.append(parts(Buffer.from('y')), { topic: 'shop.orders', partition: 4 })).toBe(true)
    expect(decodeAll(writer.take().entries, 'shop.orders')).toMatchObject([{ partition: 4, value: 'y' }])
  })

  it('fails with the topic that nobody made, and takes nothing', () => {
    const unknown = engineErrors.make('unknown_topic', 'the topic shop.gone does not exist')
    const writer = makeWriter({
      target: undefined,
      targetOf: () => {
        throw unknown
      },
    })
    expect(() => writer.append(parts(Buffer.from('x')), { topic: 'shop.gone' })).toThrow(unknown)
    expect(writer.isEmpty).toBe(true)
    expect(() => writer.append(parts(Buffer.from('x')))).toThrow('has none of its own')
  })

  it('names the topic of a record that is too large for it', () => {
    const small = { targetOf: (topic: string) => target(topic, { maxBatchBytes: 2_000 }) }
    const large = parts(Buffer.alloc(5_000, 'x'), Buffer.from('k'))
    const to = { topic: 'shop.orders' }
    expect(() => makeWriter(small).append(large, to)).toThrow(/a record for shop\.orders is too large/)
    const writer = makeWriter({ ...small, deadLetterTarget })
    expect(writer.append(large, to)).toBe(true)
    expect(decodeAll(writer.take().entries, 'dead')).toMatchObject([
      { headers: { 'tailrace.error.code': 'record_too_large', 'tailrace.error.topic': 'shop.orders' } },
    ])
  })

  it('is full at the size of one append, over all topics', () => {
    const writer = makeWriter()
    const to = Array.from({ length: 10 }, (_, table) => ({ topic: `shop.${table}` }))
    let records = 0
    while (writer.append(parts(Buffer.alloc(10_000, 'x'), Buffer.from('k')), to[records % 10])) records++
    expect(records).toBeGreaterThan(390)
    expect(totalBytes(writer.take().entries)).toBeLessThanOrEqual(4 * mebibyte)
  })
})

describe('the memory of a record writer', () => {
  const fill = (writer: BatchRecordWriter, tables: number): number => {
    let taken = 0
    while (taken < tables && writer.append(parts(Buffer.from('row')), { topic: `shop.${taken}` })) taken++
    writer.take()
    writer.reset()
    return taken
  }

  it('is not that of a large batch for each of a thousand tables', () => {
    const writer = makeWriter({ target: undefined, targetOf: (topic) => target(topic, { partitions: 1 }) })
    const before = process.memoryUsage().arrayBuffers
    expect(fill(writer, 1_000)).toBe(1_000)
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * mebibyte)
  })

  it('ends the append where the batches of very many tables would take too much', () => {
    const writer = makeWriter({ target: undefined, targetOf: (topic) => target(topic, { partitions: 1 }) })
    const taken = fill(writer, 100_000)
    expect(taken).toBeLessThan(3_000)
    expect(fill(writer, 100)).toBe(100)
  })
})
