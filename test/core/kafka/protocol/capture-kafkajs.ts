// What kafkajs is made to send: its admin, producer and consumer, transactions, and SASL.

import type { Kafka } from 'kafkajs'
import kafkajs from 'kafkajs'
import { attempt } from './capture-attempt.js'

const topic = 'captured'

export async function kafkajsScenario(port: number): Promise<void> {
  const settings = {
    clientId: 'kafkajs',
    brokers: [`127.0.0.1:${port}`],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 1 },
  }
  const kafka = new kafkajs.Kafka(settings)
  const guarded = new kafkajs.Kafka({
    ...settings,
    ssl: false,
    sasl: { mechanism: 'plain', username: 'u', password: 'p' },
  })
  await Promise.all([
    administrate(kafka),
    produce(kafka),
    transact(kafka),
    consume(kafka),
    attempt(() => guarded.admin().connect()),
  ])
}

async function administrate(kafka: Kafka): Promise<void> {
  const admin = kafka.admin()
  const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }
  await attempt(() => admin.connect())
  await attempt(() => admin.listTopics())
  await attempt(() => admin.describeCluster())
  await attempt(() =>
    admin.createTopics({
      topics: [{ topic, numPartitions: 2, configEntries: [{ name: 'retention.ms', value: '1000' }] }],
    }),
  )
  await attempt(() => admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] }))
  await attempt(() => admin.fetchTopicOffsets(topic))
  await attempt(() => admin.fetchTopicOffsetsByTimestamp(topic, 1_700_000_000_000))
  await attempt(() =>
    admin.describeConfigs({ resources: [{ ...resource, configNames: ['retention.ms'] }], includeSynonyms: true }),
  )
  await attempt(() =>
    admin.alterConfigs({
      validateOnly: true,
      resources: [{ ...resource, configEntries: [{ name: 'retention.ms', value: '5' }] }],
    }),
  )
  await attempt(() => admin.listGroups())
  await attempt(() => admin.describeGroups(['readers']))
  await attempt(() => admin.fetchOffsets({ groupId: 'readers', topics: [topic] }))
  await attempt(() => admin.setOffsets({ groupId: 'readers', topic, partitions: [{ partition: 0, offset: '5' }] }))
  await attempt(() => admin.deleteGroups(['readers']))
  await attempt(() => admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: '0' }] }))
  await attempt(() => admin.deleteTopics({ topics: [topic] }))
  await attempt(() => admin.disconnect())
}

async function produce(kafka: Kafka): Promise<void> {
  const producer = kafka.producer()
  const message = { key: 'key', value: 'value', headers: { a: 'b' }, timestamp: '1700000000000' }
  await attempt(() => producer.connect())
  await attempt(() => producer.send({ topic, messages: [message, { value: null }] }))
  await attempt(() =>
    producer.send({ topic, acks: 1, compression: kafkajs.CompressionTypes.GZIP, messages: [message] }),
  )
  await attempt(() => producer.send({ topic, acks: 0, messages: [message] }))
  await attempt(() => producer.disconnect())
}

async function transact(kafka: Kafka): Promise<void> {
  const producer = kafka.producer({ transactionalId: 'transfers', maxInFlightRequests: 1, idempotent: true })
  await attempt(() => producer.connect())
  await attempt(async () => {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ key: 'key', value: 'value' }] })
    const topics = [{ topic, partitions: [{ partition: 0, offset: '5' }] }]
    await transaction.sendOffsets({ consumerGroupId: 'readers', topics })
    await transaction.commit()
  })
  await attempt(async () => {
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ value: 'other' }] })
    await transaction.abort()
  })
  await attempt(() => producer.disconnect())
}

async function consume(kafka: Kafka): Promise<void> {
  const consumer = kafka.consumer({ groupId: 'readers', heartbeatInterval: 200, maxWaitTimeInMs: 100 })
  await attempt(() => consumer.connect())
  await attempt(() => consumer.subscribe({ topic, fromBeginning: true }))
  await attempt(() => consumer.run({ eachMessage: async () => undefined }))
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await attempt(() => consumer.commitOffsets([{ topic, partition: 0, offset: '5', metadata: 'note' }]))
  await attempt(() => consumer.disconnect())
}
