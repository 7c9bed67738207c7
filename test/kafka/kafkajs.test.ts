// kafkajs 2.2.4, which sends no flexible version of any request.

import { CompressionTypes, ConfigResourceTypes, type Consumer, Kafka, logLevel, type Message } from 'kafkajs'
import { expect } from 'vitest'
import { codecOf } from '../../core/record/batch-layout.js'
import { behavioursOf, type Behaviours, firstBatchOf, type KafkaSite } from './kit.js'

interface Read {
  readonly partition: number
  readonly offset: string
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly timestamp: string
}

function clientOf({ kafka, name }: KafkaSite): Kafka {
  return new Kafka({ clientId: name, brokers: [kafka], logLevel: logLevel.NOTHING, retry: { retries: 1 } })
}

async function produce(site: KafkaSite, messages: Message[], more: object = {}): Promise<void> {
  const producer = clientOf(site).producer()
  await producer.connect()
  try {
    await producer.send({ topic: site.name, messages, ...more })
  } finally {
    await producer.disconnect()
  }
}

async function withAdmin<T>(site: KafkaSite, work: (admin: ReturnType<Kafka['admin']>) => Promise<T>): Promise<T> {
  const admin = clientOf(site).admin()
  await admin.connect()
  try {
    return await work(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Reads so many records in a new member of a group. */
async function consume(
  site: KafkaSite,
  count: number,
  { group = `${site.name}-group`, fromBeginning = true } = {},
): Promise<Read[]> {
  const consumer = clientOf(site).consumer({ groupId: group, maxWaitTimeInMs: 200 })
  await consumer.connect()
  try {
    await consumer.subscribe({ topic: site.name, fromBeginning })
    return await readFrom(consumer, count)
  } finally {
    await consumer.disconnect()
  }
}

function readFrom(consumer: Consumer, count: number): Promise<Read[]> {
  const read: Read[] = []
  return new Promise((resolve, reject) => {
    consumer
      .run({
        async eachMessage({ partition, message }) {
          const { offset, key, value, headers = {}, timestamp } = message
          const texts = Object.entries(headers).map(([name, text]) => [name, String(text)] as const)
          const keyText = key === null ? null : key.toString()
          const valueText = value === null ? null : value.toString()
          const shown = { partition, offset, key: keyText, value: valueText, timestamp }
          read.push({ ...shown, headers: Object.fromEntries(texts) })
          if (read.length === count) resolve(read)
        },
      })
      .catch(reject)
  })
}

const messages = (count: number): Message[] =>
  Array.from({ length: count }, (_, index) => ({ key: `key ${index}`, value: `value ${index}` }))

/** Resolves when the consumer has its next assignment. */
function joins(consumer: Consumer): Promise<Readonly<Record<string, number[]>>> {
  return new Promise((resolve) => {
    const stop = consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      stop()
      resolve(payload.memberAssignment)
    })
  })
}

const producing: Behaviours = {
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
  'is refused a transactional id, at once': async (site) => {
    const producer = clientOf(site).producer({ transactionalId: site.name, maxInFlightRequests: 1, idempotent: true })
    await producer.connect()
    await expect(producer.transaction()).rejects.toMatchObject({ type: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' })
    await producer.disconnect()
  },
}

const consuming: Behaviours = {
  'consumes a topic that is made by subscribing to it': async (site) => {
    const reading = consume(site, 1)
    while (site.engine.topics.find(site.name) === undefined) await new Promise((resolve) => setImmediate(resolve))
    await produce(site, [{ value: 'v' }])
    expect(await reading).toMatchObject([{ value: 'v' }])
  },
  'goes on in its group where it committed': async (site) => {
    await produce(site, messages(5))
    expect(await consume(site, 5)).toHaveLength(5)
    await produce(site, [{ value: 'new' }])
    expect(await consume(site, 1)).toMatchObject([{ value: 'new', offset: '5' }])
  },
  'waits in a long poll that the append ends': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const consumer = clientOf(site).consumer({ groupId: `${site.name}-group`, maxWaitTimeInMs: 20_000 })
    await consumer.connect()
    await consumer.subscribe({ topic: site.name, fromBeginning: true })
    const joined = joins(consumer)
    const reading = readFrom(consumer, 1)
    await joined
    await produce(site, [{ value: 'woken' }])
    expect(await reading).toMatchObject([{ value: 'woken' }])
    await consumer.stop()
    await consumer.disconnect()
  },
  'seeks to an offset': async (site) => {
    await produce(site, messages(10))
    const consumer = clientOf(site).consumer({ groupId: `${site.name}-group`, maxWaitTimeInMs: 200 })
    await consumer.connect()
    await consumer.subscribe({ topic: site.name, fromBeginning: true })
    const joined = joins(consumer)
    const reading = readFrom(consumer, 1)
    await joined
    await reading
    const sought = readAfterSeek(consumer, site.name)
    expect(await sought).toBe('7')
    await consumer.disconnect()
  },
  'shares the partitions among two members, and takes them back when one leaves': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const [a, b] = await Promise.all([memberOf(site), memberOf(site)])
    const [first] = await Promise.all([joins(a), a.run({ eachMessage: async () => undefined })])
    expect(first[site.name]).toHaveLength(4)
    const shared = [joins(a), joins(b)]
    await b.run({ eachMessage: async () => undefined })
    const halves = (await Promise.all(shared)).map((assignment) => assignment[site.name] ?? [])
    expect(halves.map(({ length }) => length)).toEqual([2, 2])
    expect(halves.flat().sort((x, y) => x - y)).toEqual([0, 1, 2, 3])
    const whole = joins(a)
    await b.disconnect()
    expect((await whole)[site.name]).toHaveLength(4)
    await a.disconnect()
  },
  'loses and skips nothing when a member joins under load': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const seen = new Map<string, number>()
    const count = 400
    let done: () => void = () => undefined
    const all = new Promise<void>((resolve) => {
      done = resolve
    })
    const eachMessage = async ({ message }: { message: { value: Buffer | null } }): Promise<void> => {
      const value = String(message.value)
      seen.set(value, (seen.get(value) ?? 0) + 1)
      if (seen.size === count) done()
    }
    const [a, b] = await Promise.all([memberOf(site), memberOf(site)])
    const joined = joins(a)
    await a.run({ eachMessage })
    await joined
    for (let from = 0; from < count; from += 50) {
      if (from === 150) await b.run({ eachMessage })
      const part = Array.from({ length: 50 }, (_, index) => ({ key: `${index}`, value: `${from + index}` }))
      await produce(site, part)
    }
    await all
    expect(seen.size).toBe(count)
    await Promise.all([a.disconnect(), b.disconnect()])
  },
  'commits by hand with metadata, and finds both again': async (site) => {
    await produce(site, messages(3))
    const consumer = await memberOf(site)
    const joined = joins(consumer)
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined })
    await joined
    await consumer.commitOffsets([{ topic: site.name, partition: 0, offset: '2', metadata: 'half' }])
    await consumer.disconnect()
    const found = site.engine.groups.committed(`${site.name}-group`, { topic: site.name, partition: 0 })
    expect(found).toMatchObject({ offset: 2, metadata: 'half' })
  },
  'is refused metadata that is too long': async (site) => {
    await produce(site, messages(3))
    const consumer = await memberOf(site)
    const joined = joins(consumer)
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined })
    await joined
    const metadata = 'x'.repeat(5000)
    const commit = consumer.commitOffsets([{ topic: site.name, partition: 0, offset: '2', metadata }])
    await expect(commit).rejects.toMatchObject({ cause: { type: 'OFFSET_METADATA_TOO_LARGE' } })
    await consumer.disconnect()
  },
}

async function memberOf(site: KafkaSite): Promise<Consumer> {
  const consumer = clientOf(site).consumer({
    groupId: `${site.name}-group`,
    maxWaitTimeInMs: 100,
    heartbeatInterval: 200,
    rebalanceTimeout: 10_000,
  })
  await consumer.connect()
  await consumer.subscribe({ topic: site.name, fromBeginning: true })
  return consumer
}

async function readAfterSeek(consumer: Consumer, topic: string): Promise<string> {
  await consumer.stop()
  const found = new Promise<string>((resolve) => {
    void consumer.run({ eachMessage: async ({ message }) => resolve(message.offset) })
  })
  consumer.seek({ topic, partition: 0, offset: '7' })
  return found
}

const topics: Behaviours = {
  'creates a topic with partitions and settings': async (site) => {
    const configEntries = [{ name: 'cleanup.policy', value: 'compact' }]
    const made = await withAdmin(site, (admin) =>
      admin.createTopics({ topics: [{ topic: site.name, numPartitions: 3, replicationFactor: 1, configEntries }] }),
    )
    expect(made).toBe(true)
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 3, settings: { cleanup: 'compact' } })
  },
  'is told that a topic exists already': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    expect(await withAdmin(site, (admin) => admin.createTopics({ topics: [{ topic: site.name }] }))).toBe(false)
  },
  'is refused more than one replica': async (site) => {
    const topic = { topic: site.name, replicationFactor: 3 }
    await expect(withAdmin(site, (admin) => admin.createTopics({ topics: [topic] }))).rejects.toMatchObject({
      errors: [{ type: 'INVALID_REPLICATION_FACTOR' }],
    })
  },
  'is refused a setting that is not there': async (site) => {
    const topic = { topic: site.name, configEntries: [{ name: 'retention.hours', value: '1' }] }
    await expect(withAdmin(site, (admin) => admin.createTopics({ topics: [topic] }))).rejects.toMatchObject({
      errors: [{ type: 'INVALID_CONFIG' }],
    })
  },
  'is refused a name of the product’s own': async (site) => {
    const topic = { topic: '__tailrace_mine' }
    await expect(withAdmin(site, (admin) => admin.createTopics({ topics: [topic] }))).rejects.toMatchObject({
      errors: [{ type: 'INVALID_TOPIC_EXCEPTION' }],
    })
  },
  'checks a topic without making it': async (site) => {
    const made = { validateOnly: true, waitForLeaders: false, topics: [{ topic: site.name, numPartitions: 2 }] }
    expect(await withAdmin(site, (admin) => admin.createTopics(made))).toBe(true)
    expect(site.engine.topics.find(site.name)).toBeUndefined()
  },
  'lists topics without the internal ones': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const listed = await withAdmin(site, (admin) => admin.listTopics())
    expect(listed).toContain(site.name)
    expect(listed.filter((name) => name.startsWith('__'))).toEqual([])
  },
  'deletes a topic': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    await withAdmin(site, (admin) => admin.deleteTopics({ topics: [site.name] }))
    expect(site.engine.topics.find(site.name)).toBeUndefined()
  },
  'is told that a topic to delete is not there': async (site) => {
    await expect(withAdmin(site, (admin) => admin.deleteTopics({ topics: [site.name] }))).rejects.toMatchObject({
      cause: { type: 'UNKNOWN_TOPIC_OR_PARTITION' },
    })
  },
  'adds partitions': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const wanted = { topicPartitions: [{ topic: site.name, count: 5 }] }
    await withAdmin(site, (admin) => admin.createPartitions(wanted))
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 5 })
  },
  'is refused fewer partitions than there are': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    const wanted = { topicPartitions: [{ topic: site.name, count: 2 }] }
    await expect(withAdmin(site, (admin) => admin.createPartitions(wanted))).rejects.toMatchObject({
      type: 'INVALID_PARTITIONS',
    })
  },
  'reads every setting of a topic, with its source': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { retentionMs: 1000 } })
    const resource = { type: ConfigResourceTypes.TOPIC, name: site.name }
    const { resources } = await withAdmin(site, (admin) =>
      admin.describeConfigs({ resources: [resource], includeSynonyms: true }),
    )
    const entries = resources[0]?.configEntries ?? []
    expect(entries.find(({ configName }) => configName === 'retention.ms')).toMatchObject({
      configValue: '1000',
      configSource: 1,
    })
    expect(entries.find(({ configName }) => configName === 'cleanup.policy')).toMatchObject({
      configValue: 'delete',
      configSource: 5,
    })
  },
  'alters a setting, and the others go back to their defaults': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { retentionMs: 1000 } })
    const configEntries = [{ name: 'max.message.bytes', value: '2048' }]
    const resource = { type: ConfigResourceTypes.TOPIC, name: site.name, configEntries }
    await withAdmin(site, (admin) => admin.alterConfigs({ validateOnly: false, resources: [resource] }))
    const settings = site.engine.topics.find(site.name)?.settings
    expect(settings).toMatchObject({ maxBatchBytes: 2048, retentionMs: 7 * 24 * 3600_000 })
    await expect(produce(site, [{ value: 'x'.repeat(4096) }])).rejects.toMatchObject({ type: 'MESSAGE_TOO_LARGE' })
  },
  'reads the configs of the broker': async (site) => {
    const resource = { type: ConfigResourceTypes.BROKER, name: '1' }
    const { resources } = await withAdmin(site, (admin) =>
      admin.describeConfigs({ resources: [resource], includeSynonyms: false }),
    )
    const names = resources[0]?.configEntries.map(({ configName }) => configName)
    expect(names).toEqual(expect.arrayContaining(['auto.create.topics.enable', 'message.max.bytes', 'num.partitions']))
  },
  'reads the offsets of a topic, and those of a time': async (site) => {
    await produce(site, [
      { value: 'early', timestamp: '1000' },
      { value: 'late', timestamp: '2000' },
    ])
    await withAdmin(site, async (admin) => {
      expect(await admin.fetchTopicOffsets(site.name)).toMatchObject([{ partition: 0, high: '2', low: '0' }])
      expect(await admin.fetchTopicOffsetsByTimestamp(site.name, 1500)).toEqual([{ partition: 0, offset: '1' }])
    })
  },
  'deletes records': async (site) => {
    await produce(site, messages(10))
    const partitions = [{ partition: 0, offset: '4' }]
    await withAdmin(site, async (admin) => {
      await admin.fetchTopicMetadata({ topics: [site.name] }) // it deletes from topics that it knows alone
      await admin.fetchTopicOffsets(site.name)
      await admin.deleteTopicRecords({ topic: site.name, partitions })
    })
    expect(await consume(site, 6)).toMatchObject([{ offset: '4' }, {}, {}, {}, {}, { offset: '9' }])
  },
  'describes the cluster with the address that it dialled': async (site) => {
    const { brokers, controller, clusterId } = await withAdmin(site, (admin) => admin.describeCluster())
    expect(brokers.map(({ nodeId, host, port }) => `${nodeId} ${host}:${port}`)).toEqual([`1 ${site.kafka}`])
    expect({ controller, clusterId }).toEqual({ controller: 1, clusterId: site.engine.hubId })
  },
}

const groups: Behaviours = {
  'lists and describes a group with its member': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const consumer = await memberOf(site)
    const joined = joins(consumer)
    await consumer.run({ eachMessage: async () => undefined })
    await joined
    const group = `${site.name}-group`
    await withAdmin(site, async (admin) => {
      expect((await admin.listGroups()).groups).toContainEqual({ groupId: group, protocolType: 'consumer' })
      const { groups: described } = await admin.describeGroups([group])
      expect(described).toMatchObject([{ groupId: group, state: 'Stable', members: [{ clientId: site.name }] }])
    })
    expect(await site.admin.groups()).toEqual(expect.arrayContaining([expect.objectContaining({ group })]))
    await consumer.disconnect()
  },
  'describes a group that is not there as dead': async (site) => {
    const { groups: described } = await withAdmin(site, (admin) => admin.describeGroups(['nowhere']))
    expect(described).toMatchObject([{ groupId: 'nowhere', state: 'Dead', members: [] }])
  },
  'sets the offsets of a group without members, and reads from there': async (site) => {
    await produce(site, messages(10))
    const groupId = `${site.name}-group`
    await withAdmin(site, async (admin) => {
      await admin.setOffsets({ groupId, topic: site.name, partitions: [{ partition: 0, offset: '8' }] })
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [site.name] })
      expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '8' }])
    })
    expect(await consume(site, 2)).toMatchObject([{ offset: '8' }, { offset: '9' }])
  },
  'sets the offsets of a group back to the beginning': async (site) => {
    await produce(site, messages(3))
    await consume(site, 3)
    const groupId = `${site.name}-group`
    await withAdmin(site, (admin) => admin.resetOffsets({ groupId, topic: site.name, earliest: true }))
    expect(await consume(site, 3)).toMatchObject([{ offset: '0' }, {}, { offset: '2' }])
  },
  'sets the offsets of a group back to where its topic begins now, whatever its members begin with': async (site) => {
    await produce(site, messages(10))
    await consume(site, 10)
    const groupId = `${site.name}-group`
    await withAdmin(site, async (admin) => {
      await admin.fetchTopicMetadata({ topics: [site.name] }) // it deletes from topics that it knows alone
      await admin.deleteTopicRecords({ topic: site.name, partitions: [{ partition: 0, offset: '7' }] })
      await admin.resetOffsets({ groupId, topic: site.name, earliest: true })
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [site.name], resolveOffsets: true })
      expect(offsets?.partitions).toMatchObject([{ partition: 0, offset: '7' }])
    })
    expect(await consume(site, 3, { fromBeginning: false })).toMatchObject([{ offset: '7' }, {}, { offset: '9' }])
  },
  'deletes a group without members': async (site) => {
    await produce(site, messages(1))
    await consume(site, 1)
    const groupId = `${site.name}-group`
    const deleted = await withAdmin(site, (admin) => admin.deleteGroups([groupId]))
    expect(deleted).toMatchObject([{ groupId, errorCode: 0 }])
    expect(site.engine.groups.list().map(({ group }) => group)).not.toContain(groupId)
  },
  'is refused the end of a group that has members': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const consumer = await memberOf(site)
    const joined = joins(consumer)
    await consumer.run({ eachMessage: async () => undefined })
    await joined
    await expect(withAdmin(site, (admin) => admin.deleteGroups([`${site.name}-group`]))).rejects.toMatchObject({
      groups: [{ errorCode: 68 }],
    })
    await consumer.disconnect()
  },
}

behavioursOf('kafkajs', { ...producing, ...consuming, ...topics, ...groups })
