// @platformatic/kafka 1.35.0, which sends flexible versions of nearly every request, and fetches by topic id.

import {
  Admin,
  Consumer,
  type Message,
  MessagesStreamModes,
  type MessageToProduce,
  ProduceAcks,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { expect } from 'vitest'
import { codecOf } from '../../core/record/batch-layout.js'
import { behavioursOf, type Behaviours, firstBatchOf, type KafkaSite } from './kit.js'

type Texts = MessageToProduce<string, string, string, string>
type TextMessage = Message<string, string, string, string>

const topicResource = 2
const brokerResource = 4

function base({ kafka, name }: KafkaSite) {
  return { clientId: name, bootstrapBrokers: [kafka], retries: 1, retryDelay: 50 }
}

async function withProducer<T>(site: KafkaSite, work: (producer: StringProducer) => Promise<T>): Promise<T> {
  const producer = new Producer({ ...base(site), serializers: stringSerializers, autocreateTopics: true })
  try {
    return await work(producer)
  } finally {
    await producer.close()
  }
}

type StringProducer = Producer<string, string, string, string>

async function withAdmin<T>(site: KafkaSite, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(base(site))
  try {
    return await work(admin)
  } finally {
    await admin.close()
  }
}

function produce(site: KafkaSite, messages: readonly Omit<Texts, 'topic'>[], more: object = {}) {
  const send = messages.map((message) => ({ ...message, topic: site.name }))
  return withProducer(site, (producer) => producer.send({ messages: send, ...more }))
}

function closed(consumer: Consumer<string, string, string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    consumer.close(true, (error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
}

function consumerOf(site: KafkaSite, groupId = `${site.name}-group`): Consumer<string, string, string, string> {
  return new Consumer({
    ...base(site),
    groupId,
    deserializers: stringDeserializers,
    maxWaitTime: 200,
    autocommit: false,
  })
}

async function consume(site: KafkaSite, count: number, more: object = { mode: 'earliest' }): Promise<TextMessage[]> {
  const consumer = consumerOf(site)
  const stream = await consumer.consume({ topics: [site.name], ...more })
  const read: TextMessage[] = []
  for await (const message of stream) {
    read.push(message)
    if (read.length === count) break
  }
  await stream.close()
  await closed(consumer)
  return read
}

const texts = (count: number): { key: string; value: string }[] =>
  Array.from({ length: count }, (_, index) => ({ key: `key ${index}`, value: `value ${index}` }))

/** The codes of Kafka anywhere in an error of this client. */
function codesIn(error: unknown): string[] {
  if (typeof error !== 'object' || error === null) return []
  const { apiId, errors, cause } = error as { apiId?: string; errors?: unknown[]; cause?: unknown }
  return [...(apiId === undefined ? [] : [apiId]), ...[...(errors ?? []), cause].flatMap(codesIn)]
}

async function codesOf(work: Promise<unknown>): Promise<string[]> {
  return work.then(
    () => [],
    (error: unknown) => codesIn(error),
  )
}

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
  'consumes from the offsets of its choice': async (site) => {
    await produce(site, texts(10))
    const offsets = [{ topic: site.name, partition: 0, offset: 7n }]
    expect(await consume(site, 3, { mode: 'manual', offsets })).toMatchObject([{ offset: 7n }, {}, { offset: 9n }])
  },
  'goes on in its group where it committed': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'committed', fallbackMode: 'earliest' })
    for await (const message of stream) {
      if (message.offset < 2n) continue
      await message.commit()
      break
    }
    await stream.close()
    await closed(consumer)
    expect(site.engine.groups.allCommitted(`${site.name}-group`)).toMatchObject([{ offset: 3 }])
    const read = await consume(site, 2, { mode: 'committed', fallbackMode: 'earliest' })
    expect(read).toMatchObject([{ offset: 3n }, { offset: 4n }])
  },
  'waits for records that come while it polls': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'earliest', maxWaitTime: 20_000 })
    const reading = stream[Symbol.asyncIterator]().next()
    await produce(site, [{ value: 'woken' }])
    expect((await reading).value).toMatchObject({ value: 'woken' })
    await stream.close()
    await closed(consumer)
  },
  'shares the partitions among two members': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const [a, b] = [consumerOf(site), consumerOf(site)]
    const quick = {
      topics: [site.name],
      mode: MessagesStreamModes.EARLIEST,
      heartbeatInterval: 200,
      sessionTimeout: 6000,
    }
    const streams = [await a.consume(quick)]
    streams.push(await b.consume(quick))
    const counts = (): number[] =>
      site.engine.groups.describe(`${site.name}-group`).members.map(({ assignment }) => assignment.length)
    const isShared = (): boolean => counts().length === 2 && counts().every((bytes) => bytes > 0)
    while (!isShared()) await new Promise((resolve) => setImmediate(resolve))
    expect(site.engine.groups.describe(`${site.name}-group`)).toMatchObject({ state: 'Stable' })
    for (const stream of streams) await stream.close()
    for (const consumer of [a, b]) await closed(consumer)
  },
  'asks for its lag': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site)
    const offsets = await consumer.listOffsets({ topics: [site.name] })
    expect(offsets.get(site.name)).toEqual([5n])
    const early = await consumer.listOffsets({ topics: [site.name], timestamp: -2n })
    expect(early.get(site.name)).toEqual([0n])
    await closed(consumer)
  },
  'is refused a batch above the limit of its topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { maxBatchBytes: 2048 } })
    expect(await codesOf(produce(site, [{ value: 'x'.repeat(4096) }]))).toContain('MESSAGE_TOO_LARGE')
  },
}

const administration: Behaviours = {
  'creates a topic and is told its id': async (site) => {
    const configs = [{ name: 'retention.ms', value: '1000' }]
    const [made] = await withAdmin(site, (admin) =>
      admin.createTopics({ topics: [site.name], partitions: 3, replicas: 1, configs }),
    )
    const topic = site.engine.topics.find(site.name)
    expect(made).toMatchObject({ id: topic?.id, name: site.name, partitions: 3, replicas: 1 })
    expect(made?.configuration['retention.ms']).toBe('1000')
    expect(topic).toMatchObject({ partitions: 3, settings: { retentionMs: 1000 } })
  },
  'is told that a topic exists already': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const again = withAdmin(site, (admin) => admin.createTopics({ topics: [site.name] }))
    expect(await codesOf(again)).toContain('TOPIC_ALREADY_EXISTS')
  },
  'assigns partitions by hand to the one broker': async (site) => {
    const assignments = [0, 1].map((partition) => ({ partition, brokers: [1] }))
    await withAdmin(site, (admin) =>
      admin.createTopics({ topics: [site.name], partitions: -1, replicas: -1, assignments }),
    )
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 2 })
  },
  'lists and deletes topics': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    await withAdmin(site, async (admin) => {
      expect(await admin.listTopics()).toContain(site.name)
      await admin.deleteTopics({ topics: [site.name] })
      expect(await admin.listTopics()).not.toContain(site.name)
    })
  },
  'adds partitions': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const topics = [{ name: site.name, count: 3, assignments: [] }]
    await withAdmin(site, (admin) => admin.createPartitions({ topics })).catch((error: unknown) => {
      // An empty list of assignments is a list that is too short; without one it is the broker's choice.
      expect(codesIn(error)).toContain('INVALID_REPLICA_ASSIGNMENT')
    })
    const assigned = [{ name: site.name, count: 3, assignments: [{ brokerIds: [1] }, { brokerIds: [1] }] }]
    await withAdmin(site, (admin) => admin.createPartitions({ topics: assigned }))
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 3 })
  },
  'reads every setting of a topic with type and documentation': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const resources = [{ resourceType: topicResource, resourceName: site.name, configurationKeys: null }]
    const [described] = await withAdmin(site, (admin) =>
      admin.describeConfigs({ resources: resources as never, includeDocumentation: true, includeSynonyms: true }),
    )
    const policy = described?.configs.find(({ name }) => name === 'cleanup.policy')
    expect(policy).toMatchObject({ value: 'delete', configSource: 5, configType: 7, readOnly: false })
    expect(described?.configs.map(({ name }) => name)).toContain('tailrace.durability')
  },
  'reads the configs of the broker': async (site) => {
    const resources = [{ resourceType: brokerResource, resourceName: '1', configurationKeys: ['broker.id'] }]
    const [described] = await withAdmin(site, (admin) => admin.describeConfigs({ resources: resources as never }))
    expect(described?.configs).toMatchObject([{ name: 'broker.id', value: '1', readOnly: true }])
  },
  'sets, removes, adds to and takes from settings one by one': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { retentionMs: 1000 } })
    const alter = (name: string, configOperation: number, value: string | null): Promise<void> => {
      const resource = { resourceType: topicResource, resourceName: site.name }
      const resources = [{ ...resource, configs: [{ name, configOperation, value }] }]
      return withAdmin(site, (admin) => admin.incrementalAlterConfigs({ resources: resources as never }))
    }
    const settings = () => site.engine.topics.find(site.name)?.settings
    await alter('max.message.bytes', 0, '4096')
    expect(settings()).toMatchObject({ maxBatchBytes: 4096, retentionMs: 1000 })
    await alter('retention.ms', 1, null)
    expect(settings()).toMatchObject({ maxBatchBytes: 4096, retentionMs: 7 * 24 * 3600_000 })
    await alter('cleanup.policy', 2, 'compact')
    expect(settings()).toMatchObject({ cleanup: 'compact,delete' })
    await alter('cleanup.policy', 3, 'delete')
    expect(settings()).toMatchObject({ cleanup: 'compact' })
    expect(await codesOf(alter('retention.ms', 2, '5'))).toContain('INVALID_CONFIG')
    expect(await codesOf(alter('retention.ms', 0, 'long'))).toContain('INVALID_CONFIG')
  },
  'deletes records': async (site) => {
    await produce(site, texts(10))
    const topics = [{ name: site.name, partitions: [{ partition: 0, offset: 4n }] }]
    const deleted = await withAdmin(site, (admin) => admin.deleteRecords({ topics }))
    expect(deleted).toMatchObject([{ name: site.name, partitions: [{ partition: 0, lowWatermark: 4n }] }])
  },
  'reads offsets by time, and the one of the latest record': async (site) => {
    await produce(site, [
      { value: 'late', timestamp: 3000n },
      { value: 'early', timestamp: 1000n },
    ])
    const at = async (timestamp: bigint) => {
      const topics = [{ name: site.name, partitions: [{ partitionIndex: 0, timestamp }] }]
      const [listed] = await withAdmin(site, (admin) => admin.listOffsets({ topics }))
      return listed?.partitions[0]
    }
    expect(await at(2000n)).toMatchObject({ offset: 0n, timestamp: 3000n })
    expect(await at(4000n)).toMatchObject({ offset: -1n, timestamp: -1n })
    expect(await at(-3n)).toMatchObject({ offset: 0n, timestamp: 3000n })
    expect(await at(-1n)).toMatchObject({ offset: 2n })
  },
  'describes the bytes of a topic in the data directory': async (site) => {
    await produce(site, texts(10))
    const topics = [{ name: site.name, partitions: [0] }]
    const [described] = await withAdmin(site, (admin) => admin.describeLogDirs({ topics }))
    const { bytes } = await site.engine.bounds({ topic: site.name, partition: 0 })
    expect(described?.results[0]?.topics).toMatchObject([
      { name: site.name, partitions: [{ partitionSize: BigInt(bytes) }] },
    ])
  },
  'lists, describes and deletes groups': async (site) => {
    await produce(site, texts(1))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'earliest' })
    const group = `${site.name}-group`
    await withAdmin(site, async (admin) => {
      expect((await admin.listGroups()).get(group)).toMatchObject({ id: group, state: 'STABLE', groupType: 'classic' })
      const described = await admin.describeGroups({ groups: [group] })
      expect([...(described.get(group)?.members.values() ?? [])]).toMatchObject([{ clientId: site.name }])
      expect(await codesOf(admin.deleteGroups({ groups: [group] }))).toContain('NON_EMPTY_GROUP')
    })
    await stream.close()
    await closed(consumer)
  },
  'reads, sets and deletes the offsets of a group': async (site) => {
    await produce(site, texts(5))
    const groupId = `${site.name}-group`
    await withAdmin(site, async (admin) => {
      const partitionOffsets = [{ partition: 0, offset: 3n }]
      await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: site.name, partitionOffsets }] })
      const [listed] = await admin.listConsumerGroupOffsets({ groups: [groupId] })
      expect(listed?.topics).toMatchObject([
        { name: site.name, partitions: [{ partitionIndex: 0, committedOffset: 3n }] },
      ])
      await admin.deleteConsumerGroupOffsets({ groupId, topics: [{ name: site.name, partitionIndexes: [0] }] })
    })
    expect(site.engine.groups.allCommitted(groupId)).toEqual([])
  },
}

behavioursOf('@platformatic/kafka', { ...records, ...administration })
