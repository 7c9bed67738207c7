// What @platformatic/kafka is made to send: its admin, producer and consumer, transactions, and SASL.

import { Admin, Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka'
import { attempt } from './capture-attempt.js'

const topic = 'captured'

export async function platformaticScenario(port: number): Promise<void> {
  const settings = {
    clientId: 'platformatic',
    bootstrapBrokers: [`127.0.0.1:${port}`],
    retries: 0,
    connectTimeout: 1000,
  }
  const guarded = new Admin({ ...settings, sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' } })
  await Promise.all([
    administrate(new Admin(settings)),
    produce(settings),
    consume(settings),
    attempt(() => guarded.listTopics()),
  ])
  await attempt(() => guarded.close())
}

async function administrate(admin: Admin): Promise<void> {
  await attempt(() => admin.listTopics())
  await attempt(() => admin.createTopics({ topics: [topic], partitions: 2, replicas: 1 }))
  await attempt(() => admin.createPartitions({ topics: [{ name: topic, count: 4, assignments: [] }] }))
  await attempt(() => admin.listGroups({ types: ['classic'] }))
  await attempt(() => admin.describeGroups({ groups: ['readers'] }))
  await attempt(() => admin.findCoordinator({ keyType: 0, keys: ['readers'] } as never))
  await attempt(() => admin.describeLogDirs({ topics: [{ name: topic, partitions: [0] }] }))
  await attempt(() => admin.listConsumerGroupOffsets({ groups: ['readers'] }))
  await attempt(() =>
    admin.alterConsumerGroupOffsets({
      groupId: 'readers',
      topics: [{ name: topic, partitionOffsets: [{ partition: 0, offset: 5n }] }],
    }),
  )
  await attempt(() =>
    admin.deleteConsumerGroupOffsets({ groupId: 'readers', topics: [{ name: topic, partitionIndexes: [0] }] }),
  )
  const resource = { resourceType: 2, resourceName: topic } as const
  await attempt(() => admin.describeConfigs({ resources: [{ ...resource, configurationKeys: ['retention.ms'] }] }))
  await attempt(() =>
    admin.alterConfigs({
      resources: [{ ...resource, configs: [{ name: 'retention.ms', value: '5' }] }],
      validateOnly: true,
    }),
  )
  await attempt(() =>
    admin.incrementalAlterConfigs({
      resources: [{ ...resource, configs: [{ name: 'retention.ms', configOperation: 0, value: '5' }] }],
    }),
  )
  await attempt(() =>
    admin.listOffsets({ topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1n }] }] }),
  )
  await attempt(() => admin.deleteRecords({ topics: [{ name: topic, partitions: [{ partition: 0, offset: 0n }] }] }))
  await attempt(() => admin.deleteGroups({ groups: ['readers'] }))
  await attempt(() => admin.deleteTopics({ topics: [topic] }))
  await attempt(() => admin.close())
}

async function produce(settings: { clientId: string; bootstrapBrokers: string[] }): Promise<void> {
  const message = { topic, key: 'key', value: 'value', headers: { a: 'b' }, timestamp: 1_700_000_000_000n }
  const plain = new Producer({ ...settings, serializers: stringSerializers })
  await attempt(() => plain.send({ messages: [message], acks: 1 }))
  await attempt(() => plain.send({ messages: [message], acks: 0, compression: 'gzip' }))
  await attempt(() => plain.close())
  const idempotent = new Producer({
    ...settings,
    serializers: stringSerializers,
    idempotent: true,
    transactionalId: 'transfers',
  })
  await attempt(async () => {
    const transaction = await idempotent.beginTransaction()
    await transaction.send({ messages: [message] })
    await transaction.commit()
  })
  await attempt(() => idempotent.close(true))
}

async function consume(settings: { clientId: string; bootstrapBrokers: string[] }): Promise<void> {
  const consumer = new Consumer({
    ...settings,
    groupId: 'readers',
    deserializers: stringDeserializers,
    heartbeatInterval: 200,
    maxWaitTime: 100,
  })
  await attempt(async () => {
    const stream = await consumer.consume({ topics: [topic], mode: 'earliest' as never, autocommit: false })
    stream.on('error', () => undefined)
    stream.on('data', () => undefined)
  })
  await new Promise((resolve) => setTimeout(resolve, 1000))
  await attempt(() => consumer.commit({ offsets: [{ topic, partition: 0, offset: 5n, leaderEpoch: 0 }] }))
  await attempt(() => consumer.close(true))
}
