// What kafkajs sees when it produces.

import { CompressionCodecs, CompressionTypes, type Message, type ProducerConfig } from 'kafkajs'
import { expect } from 'vitest'
import { codecOf, recordCountOf } from '../../core/record/batch-layout.js'
import { compress, decompress } from '../../core/record/compression.js'
import { clientOf, consume, messages, produce, refusalOf, withAdmin, withProducer } from './kafkajs-client.js'
import { behavioursOf, type Behaviours, firstBatchOf, type KafkaSite } from './kit.js'

const records: Behaviours = {
  'produces and consumes keys, values and headers': async (site) => {
    await produce(site, [{ key: 'k', value: 'v', headers: { a: '1' } }])
    expect(await consume(site, 1)).toMatchObject([{ key: 'k', value: 'v', headers: { a: '1' }, offset: '0' }])
  },
  'is told base offset and log start offset of what it produced': async (site) => {
    const producer = clientOf(site).producer()
    await producer.connect()
    await producer.send({ topic: site.name, messages: messages(3) })
    const [sent] = await producer.send({ topic: site.name, messages: messages(1) })
    await producer.disconnect()
    expect(sent).toMatchObject({ errorCode: 0, partition: 0, baseOffset: '3', logStartOffset: '0' })
  },
  'produces records without key and without value': async (site) => {
    await produce(site, [
      { key: null, value: 'v' },
      { key: 'k', value: null },
    ])
    const read = await consume(site, 2)
    expect(read.map(({ key, value }) => [key, value])).toEqual([
      [null, 'v'],
      ['k', null],
    ])
  },
  'produces an empty value that is not null': async (site) => {
    await produce(site, [{ key: '', value: '' }])
    expect(await consume(site, 1)).toMatchObject([{ key: '', value: '' }])
  },
  'keeps the time that a producer gives a record': async (site) => {
    await produce(site, [{ value: 'v', timestamp: '1700000000123' }])
    expect(await consume(site, 1)).toMatchObject([{ timestamp: '1700000000123' }])
  },
  'is told the time of the append, and reads it, where the topic keeps that': async (site) => {
    const configEntries = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
    const topics = [{ topic: site.name, numPartitions: 1, replicationFactor: 1, configEntries }]
    await withAdmin(site, (admin) => admin.createTopics({ topics }))
    const producer = clientOf(site).producer()
    await producer.connect()
    const messages = [{ value: 'a', timestamp: '1000' }]
    const [told] = await producer.send({ topic: site.name, messages, compression: CompressionTypes.GZIP })
    await producer.disconnect()
    expect(Number(told?.logAppendTime)).toBeGreaterThan(1_700_000_000_000)
    expect(await consume(site, 1)).toMatchObject([{ value: 'a', timestamp: told?.logAppendTime }])
  },
  'produces with gzip, and that is the codec on disk': async (site) => {
    await produce(site, messages(50), { compression: CompressionTypes.GZIP })
    expect(codecOf(await firstBatchOf(site.engine, site.name), 0)).toBe(1)
    expect((await consume(site, 50)).map(({ value }) => value)).toEqual(messages(50).map(({ value }) => value))
  },
  'produces to several topics and partitions in one request': async (site) => {
    const other = `${site.name}-other`
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    const producer = clientOf(site).producer()
    await producer.connect()
    const sent = await producer.sendBatch({
      topicMessages: [
        { topic: site.name, messages: [0, 1, 2].map((partition) => ({ value: `${partition}`, partition })) },
        { topic: other, messages: [{ value: 'other' }] },
      ],
    })
    await producer.disconnect()
    expect(sent).toHaveLength(4)
    expect(sent.every(({ errorCode }) => errorCode === 0)).toBe(true)
    for (const partition of [0, 1, 2]) {
      expect(await site.engine.bounds({ topic: site.name, partition })).toMatchObject({ highWatermark: 1 })
    }
  },
  'produces with acks=0 and hears nothing': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    await produce(site, messages(5), { acks: 0 })
    expect(await consume(site, 5)).toHaveLength(5)
  },
  'produces with acks=1': async (site) => {
    await produce(site, messages(5), { acks: 1 })
    expect(await consume(site, 5)).toHaveLength(5)
  },
  'produces idempotently': async (site) => {
    const producer = clientOf(site).producer({ idempotent: true })
    await producer.connect()
    for (let round = 0; round < 5; round++) await producer.send({ topic: site.name, messages: messages(2) })
    await producer.disconnect()
    const [described] = site.engine.producers.describe({ topic: site.name, partition: 0 })
    expect(described).toMatchObject({ epoch: 0, lastSequence: 9, lastOffset: 9 })
  },
  'keeps the order of one producer’s requests': async (site) => {
    const producer = clientOf(site).producer()
    await producer.connect()
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    for (let index = 0; index < 40; index++) {
      await producer.send({ topic: site.name, messages: [{ value: `${index}` }] })
    }
    await producer.disconnect()
    const read = await consume(site, 40)
    expect(read.map(({ value }) => Number(value))).toEqual(Array.from({ length: 40 }, (_, index) => index))
  },
  'is refused a batch above the limit of its topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { maxBatchBytes: 2048 } })
    await expect(produce(site, [{ value: 'x'.repeat(4096) }])).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
  },
  'is refused a batch larger than a segment': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { segmentBytes: 1024 } })
    await expect(produce(site, [{ value: 'x'.repeat(4096) }])).rejects.toMatchObject({ type: 'RECORD_LIST_TOO_LARGE' })
  },
}

const content: Behaviours = {
  'produces several headers of one name': async (site) => {
    await produce(site, [{ value: 'v', headers: { a: ['1', '2'], b: '3' } }])
    expect(await consume(site, 1)).toMatchObject([{ headers: { a: '1,2', b: '3' } }])
  },
  'produces keys, values and headers that are no text': async (site) => {
    const bytes = Buffer.from([0, 255, 128, 10, 13, 0])
    await produce(site, [{ key: bytes, value: bytes, headers: { a: bytes } }])
    const batch = await firstBatchOf(site.engine, site.name)
    expect(batch.toString('latin1').split(bytes.toString('latin1'))).toHaveLength(4)
  },
  'produces names and texts of every script': async (site) => {
    const text = 'Ünïcödé 水車 🌊'
    await produce(site, [{ key: text, value: text, headers: { [text]: text } }])
    expect(await consume(site, 1)).toMatchObject([{ key: text, value: text, headers: { [text]: text } }])
  },
  'keeps the times of a batch as they are, also when they run backwards': async (site) => {
    const times = ['1700000003000', '1700000001000', '1700000002000', '0']
    const sent = times.map((timestamp) => ({ value: 'v', timestamp }))
    await produce(site, sent)
    expect((await consume(site, 4)).map(({ timestamp }) => timestamp)).toEqual(times)
  },
  'produces a record just below the limit of its topic': async (site) => {
    const value = 'x'.repeat(1_048_000)
    await produce(site, [{ key: 'large', value }])
    expect((await consume(site, 1))[0]?.value).toBe(value)
  },
  'produces ten thousand records in one batch': async (site) => {
    const [sent] = await produce(site, messages(10_000))
    expect(sent).toMatchObject({ baseOffset: '0' })
    expect(recordCountOf(await firstBatchOf(site.engine, site.name), 0)).toBe(10_000)
    expect((await consume(site, 10_000)).at(-1)).toMatchObject({ offset: '9999', value: 'value 9999' })
  },
  'compresses what would be too large, and that is what counts': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { maxBatchBytes: 2048 } })
    await produce(site, [{ value: 'x'.repeat(100_000) }], { compression: CompressionTypes.GZIP })
    expect((await consume(site, 1))[0]?.value).toHaveLength(100_000)
  },
  'is refused a record without a key in a compacted topic, and may send one with it': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { cleanup: 'compact' } })
    await expect(produce(site, [{ value: 'v' }])).rejects.toMatchObject({ type: 'INVALID_RECORD' })
    await produce(site, [{ key: 'k', value: 'v' }])
    expect(await consume(site, 1)).toMatchObject([{ key: 'k', offset: '0' }])
  },
}

/** kafkajs brings gzip alone. */
function withCodec(name: string, codec: 2 | 3 | 4): Behaviours {
  return {
    [`produces with ${name}, and that is the codec on disk`]: async (site) => {
      CompressionCodecs[codec] = () => ({
        compress: async ({ buffer }: { buffer: Buffer }) => compress(codec, buffer),
        decompress: async (bytes: Buffer) => decompress(codec, bytes, 1_000_000),
      })
      await produce(site, messages(50), { compression: codec })
      expect(codecOf(await firstBatchOf(site.engine, site.name), 0)).toBe(codec)
      expect((await consume(site, 50)).map(({ value }) => value)).toEqual(messages(50).map(({ value }) => value))
    },
  }
}

/** By key. */
async function partitionsOf(
  site: KafkaSite,
  sent: readonly Message[],
  config: ProducerConfig = {},
): Promise<Map<string | null, number>> {
  await withProducer(site, (producer) => producer.send({ topic: site.name, messages: [...sent] }), config)
  const read = await consume(site, sent.length)
  return new Map(read.map(({ key, partition }) => [key, partition]))
}

const partitioning: Behaviours = {
  'sends keys where Java clients send them': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 7 })
    const keys = ['foobar', 'a-little-bit-long-string', 'a-little-bit-longer-string', '21']
    const found = await partitionsOf(
      site,
      keys.map((key) => ({ key, value: 'v' })),
    )
    // murmur2 of these, as Kafka's own UtilsTest has it: -790332482, -985981536, -1486304829, -973932308.
    expect(keys.map((key) => found.get(key))).toEqual(
      [-790332482, -985981536, -1486304829, -973932308].map((hash) => (hash & 0x7fffffff) % 7),
    )
  },
  'keeps a key in its partition from one producer to the next': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 5 })
    for (let round = 0; round < 3; round++) await produce(site, messages(10))
    const read = await consume(site, 30)
    const places = new Set(read.map(({ key, partition }) => `${key} ${partition}`))
    expect(places.size).toBe(10)
  },
  'spreads records without a key': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    await produce(
      site,
      Array.from({ length: 9 }, () => ({ value: 'v' })),
    )
    const read = await consume(site, 9)
    expect(new Set(read.map(({ partition }) => partition)).size).toBe(3)
  },
  'sends by a partitioner of its own': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const found = await partitionsOf(site, messages(6), { createPartitioner: () => () => 2 })
    expect(new Set(found.values())).toEqual(new Set([2]))
  },
}

const topicsOfProducers: Behaviours = {
  'makes a topic that it sends to': async (site) => {
    await produce(site, [{ value: 'v' }])
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 1 })
  },
  'does not make a topic when it must not': async (site) => {
    const sending = withProducer(site, (producer) => producer.send({ topic: site.name, messages: [{ value: 'v' }] }), {
      allowAutoTopicCreation: false,
    })
    expect(await refusalOf(sending)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(site.engine.topics.find(site.name)).toBeUndefined()
  },
  'sends to a topic with the longest name, and to none with a longer one': async (site) => {
    const longest = `${site.name}.`.padEnd(249, '_-x')
    const send = (topic: string) =>
      withProducer(site, (producer) => producer.send({ topic, messages: [{ value: 'v' }] }))
    await send(longest)
    expect(site.engine.topics.find(longest)).toMatchObject({ name: longest })
    expect(await refusalOf(send(`${longest}x`))).toBe('INVALID_TOPIC_EXCEPTION')
  },
  'is refused names that no topic can have': async (site) => {
    for (const topic of ['no spaces', 'no/slashes', '..', 'ünïcödé']) {
      const sending = withProducer(site, (producer) => producer.send({ topic, messages: [{ value: 'v' }] }))
      expect(await refusalOf(sending), topic).toBe('INVALID_TOPIC_EXCEPTION')
    }
  },
  'is not let into an internal topic': async (site) => {
    const topic = '__tailrace_offsets'
    const sending = withProducer(site, (producer) => producer.send({ topic, messages: [{ value: 'v' }] }))
    expect(await refusalOf(sending)).toBe('INVALID_TOPIC_EXCEPTION')
  },
  'is refused nothing else when one of two topics refuses': async (site) => {
    const strict = `${site.name}-strict`
    await site.engine.topics.create({ name: strict, partitions: 1, settings: { maxBatchBytes: 1024 } })
    const value = 'x'.repeat(4096)
    const topicMessages = [strict, site.name].map((topic) => ({ topic, messages: [{ value }] }))
    const sending = withProducer(site, (producer) => producer.sendBatch({ topicMessages }))
    expect(await refusalOf(sending)).toBe('MESSAGE_TOO_LARGE')
    expect(await site.engine.bounds({ topic: site.name, partition: 0 })).toMatchObject({ highWatermark: 1 })
    expect(await site.engine.bounds({ topic: strict, partition: 0 })).toMatchObject({ highWatermark: 0 })
  },
}

const manyProducers: Behaviours = {
  'gives each idempotent producer an id of its own': async (site) => {
    const send = () =>
      withProducer(site, (producer) => producer.send({ topic: site.name, messages: messages(1) }), { idempotent: true })
    await Promise.all([send(), send(), send()])
    const described = site.engine.producers.describe({ topic: site.name, partition: 0 })
    expect(new Set(described.map(({ producerId }) => producerId)).size).toBe(3)
  },
  'numbers each partition of an idempotent producer by itself': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const to = (partition: number, count: number) => messages(count).map((message) => ({ ...message, partition }))
    await withProducer(
      site,
      async (producer) => {
        await producer.send({ topic: site.name, messages: [...to(0, 3), ...to(1, 5)] })
        await producer.send({ topic: site.name, messages: to(0, 2) })
      },
      { idempotent: true },
    )
    const last = (partition: number) => site.engine.producers.describe({ topic: site.name, partition })[0]?.lastSequence
    expect([last(0), last(1)]).toEqual([4, 4])
  },
  'interleaves with other producers without a gap': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const send = (who: number) =>
      withProducer(site, async (producer) => {
        for (let index = 0; index < 15; index++) {
          await producer.send({ topic: site.name, messages: [{ key: `${who}`, value: `${index}` }] })
        }
      })
    await Promise.all([0, 1, 2, 3].map(send))
    const read = await consume(site, 60)
    expect(read.map(({ offset }) => Number(offset))).toEqual(Array.from({ length: 60 }, (_, offset) => offset))
    for (const who of ['0', '1', '2', '3']) {
      const own = read.filter(({ key }) => key === who).map(({ value }) => Number(value))
      expect(own).toEqual(Array.from({ length: 15 }, (_, index) => index))
    }
  },
  'has many requests in flight, each answered with its own offset': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const answers = await withProducer(site, (producer) =>
      Promise.all(
        Array.from({ length: 50 }, (_, index) =>
          producer.send({ topic: site.name, messages: [{ value: `${index}` }] }),
        ),
      ),
    )
    const read = await consume(site, 50)
    const told = new Map(answers.map(([answer], index) => [answer?.baseOffset, `${index}`]))
    expect(told).toEqual(new Map(read.map(({ offset, value }) => [offset, value])))
  },
  'hears nothing of a batch that is refused without acknowledgement, and goes on': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { maxBatchBytes: 1024 } })
    const [told] = await withProducer(site, async (producer) => {
      await producer.send({ topic: site.name, acks: 0, messages: [{ value: 'x'.repeat(4096) }] })
      return producer.send({ topic: site.name, messages: [{ value: 'after' }] })
    })
    expect(told).toMatchObject({ baseOffset: '0' })
    expect(await consume(site, 1)).toMatchObject([{ offset: '0', value: 'after' }])
  },
}

behavioursOf('kafkajs produces', {
  ...records,
  ...content,
  ...withCodec('snappy', 2),
  ...withCodec('lz4', 3),
  ...withCodec('zstd', 4),
  ...partitioning,
  ...topicsOfProducers,
  ...manyProducers,
})
