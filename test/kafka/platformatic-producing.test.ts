// What @platformatic/kafka sees when it produces.

import { once } from 'node:events'
import { compatibilityPartitioner, ProduceAcks, Producer, ProducerStreamReportModes } from '@platformatic/kafka'
import { expect } from 'vitest'
import { codecOf, recordCountOf } from '../../core/record/batch-layout.js'
import * as kafkajs from './kafkajs-client.js'
import { behavioursOf, type Behaviours, firstBatchOf } from './kit.js'
import { consume, produce, refusalsOf, settingsOf, texts, withProducer } from './platformatic-client.js'

const records: Behaviours = {
  'produces and consumes keys, values and headers': async (site) => {
    await produce(site, [{ key: 'k', value: 'v', headers: new Map([['a', '1']]) }])
    const [message] = await consume(site, 1)
    expect(message).toMatchObject({ key: 'k', value: 'v', offset: 0n, partition: 0 })
    expect(message?.headers.get('a')).toBe('1')
  },
  'is told the offsets of what it produced': async (site) => {
    await produce(site, texts(3))
    const { offsets } = await produce(site, texts(1))
    expect(offsets).toEqual([{ topic: site.name, partition: 0, offset: 3n }])
  },
  'reads a partition in the order in which it was written': async (site) => {
    await produce(site, texts(200))
    expect((await consume(site, 200)).map(({ value }) => value)).toEqual(texts(200).map(({ value }) => value))
  },
  'spreads keys over the partitions of a topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    await produce(site, texts(40))
    const read = await consume(site, 40)
    expect(new Set(read.map(({ partition }) => partition)).size).toBeGreaterThan(1)
    expect(read.map(({ value }) => value).sort()).toEqual(
      texts(40)
        .map(({ value }) => value)
        .sort(),
    )
  },
  'produces with acks=0': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    await produce(site, texts(3), { acks: ProduceAcks.NO_RESPONSE })
    expect(await consume(site, 3)).toHaveLength(3)
  },
  'produces with acks=1': async (site) => {
    await produce(site, texts(3), { acks: ProduceAcks.LEADER })
    expect(await consume(site, 3)).toHaveLength(3)
  },
  'produces idempotently': async (site) => {
    const messages = texts(2).map((message) => ({ ...message, topic: site.name }))
    await withProducer(site, async (producer) => {
      for (let round = 0; round < 3; round++) await producer.send({ messages, idempotent: true })
    })
    const [described] = site.engine.producers.describe({ topic: site.name, partition: 0 })
    expect(described).toMatchObject({ lastSequence: 5, lastOffset: 5 })
  },
  'produces with gzip, and that is the codec on disk': async (site) => {
    await produce(site, texts(50), { compression: 'gzip' })
    expect(codecOf(await firstBatchOf(site.engine, site.name), 0)).toBe(1)
    expect(await consume(site, 50)).toHaveLength(50)
  },
  'is refused a batch above the limit of its topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { maxBatchBytes: 2048 } })
    expect(await refusalsOf(produce(site, [{ value: 'x'.repeat(4096) }]))).toContain('MESSAGE_TOO_LARGE')
  },
  'produces records without a key and without a value': async (site) => {
    await produce(site, [{ value: 'v' }, { key: 'k' } as { key: string; value: string }])
    const read = await kafkajs.consume(site, 2)
    expect(read.map(({ key, value }) => [key, value])).toEqual([
      [null, 'v'],
      ['k', null],
    ])
  },
  'keeps the time that a producer gives a record': async (site) => {
    await produce(site, [{ value: 'v', timestamp: 1_700_000_000_123n }])
    expect(await consume(site, 1)).toMatchObject([{ timestamp: 1_700_000_000_123n }])
  },
  'produces keys, values and headers that are no text': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const bytes = Buffer.from([0, 255, 128, 10, 13, 0])
    const producer = new Producer(settingsOf(site))
    const headers = new Map([[bytes, bytes]])
    await producer.send({ messages: [{ topic: site.name, key: bytes, value: bytes, headers }] })
    await producer.close()
    const batch = await firstBatchOf(site.engine, site.name)
    expect(batch.toString('latin1').split(bytes.toString('latin1'))).toHaveLength(5)
  },
  'produces a record just below the limit of its topic': async (site) => {
    const value = 'x'.repeat(1_048_000)
    await produce(site, [{ key: 'large', value }])
    expect((await consume(site, 1))[0]?.value).toBe(value)
  },
  'produces five thousand records in one batch': async (site) => {
    await produce(site, texts(5000))
    expect(recordCountOf(await firstBatchOf(site.engine, site.name), 0)).toBe(5000)
    expect((await consume(site, 5000)).at(-1)).toMatchObject({ offset: 4999n, value: 'value 4999' })
  },
  'produces to several topics in one call': async (site) => {
    const topics = ['a', 'b', 'c'].map((end) => `${site.name}-${end}`)
    const { offsets } = await withProducer(site, (producer) =>
      producer.send({ messages: topics.map((topic) => ({ topic, value: topic })) }),
    )
    expect(new Set(offsets)).toEqual(new Set(topics.map((topic) => ({ topic, partition: 0, offset: 0n }))))
  },
  'produces to a partition of its choice': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    await produce(site, [{ value: 'v', partition: 2 }])
    expect(await site.engine.bounds({ topic: site.name, partition: 2 })).toMatchObject({ highWatermark: 1 })
  },
  'produces by a partitioner of its own': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    await produce(site, texts(5), { partitioner: () => 1 })
    expect(await site.engine.bounds({ topic: site.name, partition: 1 })).toMatchObject({ highWatermark: 5 })
  },
  'sends keys to the partitions that kafkajs sends them to': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 5 })
    await produce(site, texts(20), { partitioner: compatibilityPartitioner })
    await kafkajs.produce(site, texts(20))
    const read = await consume(site, 40)
    expect(new Set(read.map(({ key, partition }) => `${key} ${partition}`)).size).toBe(20)
  },
  'does not make a topic when it must not': async (site) => {
    const send = { messages: [{ topic: site.name, value: 'v' }] }
    const sending = withProducer(site, (producer) => producer.send(send), { autocreateTopics: false })
    await expect(sending).rejects.toThrow('Unknown topic')
    expect(site.engine.topics.find(site.name)).toBeUndefined()
  },
  'is refused a record without a key in a compacted topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { cleanup: 'compact' } })
    expect(await refusalsOf(produce(site, [{ value: 'v' }]))).toContain('INVALID_RECORD')
  },
  'gives each idempotent producer an id of its own': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const send = (value: string) =>
      withProducer(site, (producer) => producer.send({ messages: [{ topic: site.name, value }], idempotent: true }))
    for (const value of ['a', 'b', 'c']) await send(value)
    expect((await consume(site, 3)).map(({ value }) => value)).toEqual(['a', 'b', 'c'])
    const described = site.engine.producers.describe({ topic: site.name, partition: 0 })
    expect(new Set(described.map(({ producerId }) => producerId)).size).toBe(3)
  },
  'has many calls in flight, each answered with its own offset': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const answers = await withProducer(site, (producer) =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          producer.send({ messages: [{ topic: site.name, value: `${index}` }] }),
        ),
      ),
    )
    const read = await consume(site, 50)
    const told = new Map(answers.map(({ offsets }, index) => [offsets?.[0]?.offset, `${index}`]))
    expect(told).toEqual(new Map(read.map(({ offset, value }) => [offset, value])))
  },
  'produces what is written to a stream, in its order': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    await withProducer(site, async (producer) => {
      const stream = producer.asStream({ batchSize: 10, reportMode: ProducerStreamReportModes.NONE })
      for (const message of texts(35)) stream.write({ ...message, topic: site.name })
      stream.end()
      await once(stream, 'finish')
    })
    expect((await consume(site, 35)).map(({ value }) => value)).toEqual(texts(35).map(({ value }) => value))
  },
}

function withCodec(compression: 'snappy' | 'lz4', codec: number): Behaviours {
  return {
    [`produces with ${compression}, and that is the codec on disk`]: async (site) => {
      await produce(site, texts(50), { compression })
      expect(codecOf(await firstBatchOf(site.engine, site.name), 0)).toBe(codec)
      expect((await consume(site, 50)).map(({ value }) => value)).toEqual(texts(50).map(({ value }) => value))
    },
    [`produces with ${compression} to a compacted topic, where keys are looked at`]: async (site) => {
      await site.engine.topics.create({ name: site.name, partitions: 1, settings: { cleanup: 'compact' } })
      expect(await refusalsOf(produce(site, [{ value: 'v' }], { compression }))).toContain('INVALID_RECORD')
      await produce(site, texts(5), { compression })
      expect(await consume(site, 5)).toMatchObject([{ offset: 0n, key: 'key 0' }, {}, {}, {}, {}])
    },
  }
}

behavioursOf('@platformatic/kafka produces', { ...records, ...withCodec('snappy', 2), ...withCodec('lz4', 3) })
