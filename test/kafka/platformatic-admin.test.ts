// What @platformatic/kafka sees when it administers topics, settings, offsets and groups.

import { Base } from '@platformatic/kafka'
import { expect } from 'vitest'
import { behavioursOf, type Behaviours } from './kit.js'
import {
  closed,
  consumerOf,
  groupOf,
  produce,
  refusalsOf,
  settingsOf,
  texts,
  withAdmin,
} from './platformatic-client.js'

const topicResource = 2
const brokerResource = 4

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
    expect(await refusalsOf(again)).toContain('TOPIC_ALREADY_EXISTS')
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
    // An empty list of assignments is a list that is too short; without one it is the broker's choice.
    const growing = withAdmin(site, (admin) => admin.createPartitions({ topics }))
    expect(await refusalsOf(growing)).toContain('INVALID_REPLICA_ASSIGNMENT')
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
    expect(await refusalsOf(alter('retention.ms', 2, '5'))).toContain('INVALID_CONFIG')
    expect(await refusalsOf(alter('retention.ms', 0, 'long'))).toContain('INVALID_CONFIG')
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
  'lists, describes and deletes groups': async (site) => {
    await produce(site, texts(1))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'earliest' })
    const group = `${site.name}-group`
    await withAdmin(site, async (admin) => {
      expect((await admin.listGroups()).get(group)).toMatchObject({ id: group, state: 'STABLE', groupType: 'classic' })
      const described = await admin.describeGroups({ groups: [group] })
      expect([...(described.get(group)?.members.values() ?? [])]).toMatchObject([{ clientId: site.name }])
      expect(await refusalsOf(admin.deleteGroups({ groups: [group] }))).toContain('NON_EMPTY_GROUP')
    })
    await stream.close()
    await closed(consumer)
  },
  'asks for the cluster, its broker and its topics': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const client = new Base(settingsOf(site))
    const { id, brokers, controllerId, topics } = await client.metadata({ topics: [site.name] })
    await client.close()
    const [host, port] = site.kafka.split(':')
    expect({ id, controllerId }).toEqual({ id: site.engine.hubId, controllerId: 1 })
    expect([...brokers]).toMatchObject([[1, { host, port: Number(port) }]])
    expect(topics.get(site.name)).toMatchObject({ id: site.engine.topics.find(site.name)?.id, partitionsCount: 2 })
  },
  'sees no internal topic, even when it asks for those': async (site) => {
    const listed = await withAdmin(site, (admin) => admin.listTopics({ includeInternals: true }))
    expect(listed.filter((name) => name.startsWith('__'))).toEqual([])
  },
  'is refused more than one replica': async (site) => {
    const making = withAdmin(site, (admin) => admin.createTopics({ topics: [site.name], partitions: 1, replicas: 3 }))
    expect(await refusalsOf(making)).toContain('INVALID_REPLICATION_FACTOR')
  },
  'is told that a topic to delete is not there': async (site) => {
    const deleting = withAdmin(site, (admin) => admin.deleteTopics({ topics: [site.name] }))
    expect(await refusalsOf(deleting)).toContain('UNKNOWN_TOPIC_OR_PARTITION')
  },
  'sets all settings of a topic anew, or only asks whether it could': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { retentionMs: 1000 } })
    const configs = [{ name: 'max.message.bytes', value: '4096' }]
    const resources = [{ resourceType: topicResource, resourceName: site.name, configs }] as never
    const settingsNow = () => site.engine.topics.find(site.name)?.settings
    await withAdmin(site, async (admin) => {
      await admin.alterConfigs({ resources, validateOnly: true })
      expect(settingsNow()).toMatchObject({ retentionMs: 1000 })
      await admin.alterConfigs({ resources })
    })
    expect(settingsNow()).toMatchObject({ maxBatchBytes: 4096, retentionMs: 7 * 24 * 3600_000 })
  },
  'is refused a change of the broker': async (site) => {
    const configs = [{ name: 'num.partitions', configOperation: 0, value: '2' }]
    const resources = [{ resourceType: brokerResource, resourceName: '1', configs }] as never
    const altering = withAdmin(site, (admin) => admin.incrementalAlterConfigs({ resources }))
    expect(await refusalsOf(altering)).toContain('INVALID_REQUEST')
  },
  'adds no partitions when it only asks whether it could': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const topics = [{ name: site.name, count: 2, assignments: [{ brokerIds: [1] }] }]
    await withAdmin(site, (admin) => admin.createPartitions({ topics, validateOnly: true }))
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 1 })
  },
  'deletes all records, and is refused those that are still to come': async (site) => {
    await produce(site, texts(5))
    const upTo = (offset: bigint) => [{ name: site.name, partitions: [{ partition: 0, offset }] }]
    await withAdmin(site, async (admin) => {
      expect(await refusalsOf(admin.deleteRecords({ topics: upTo(6n) }))).toContain('OFFSET_OUT_OF_RANGE')
      const deleted = await admin.deleteRecords({ topics: upTo(-1n) })
      expect(deleted).toMatchObject([{ partitions: [{ lowWatermark: 5n }] }])
    })
  },
  'lists groups by their state': async (site) => {
    const groupId = groupOf(site)
    await produce(site, texts(1))
    const consumer = consumerOf(site)
    await consumer.joinGroup({})
    await withAdmin(site, async (admin) => {
      expect((await admin.listGroups({ states: ['STABLE'] })).has(groupId)).toBe(true)
      expect((await admin.listGroups({ states: ['EMPTY'] })).has(groupId)).toBe(false)
      expect((await admin.listGroups({ types: ['classic'] })).has(groupId)).toBe(true)
      expect((await admin.listGroups({ types: ['consumer'] })).has(groupId)).toBe(false)
    })
    await closed(consumer)
  },
  'finds the coordinators of several groups at once': async (site) => {
    const keys = ['a', 'b'].map((end) => `${site.name}-${end}`)
    const found = await withAdmin(site, (admin) => admin.findCoordinator({ keyType: 0, keys }))
    const [host, port] = site.kafka.split(':')
    expect(found).toEqual(keys.map((key) => ({ key, nodeId: 1, host, port: Number(port) })))
  },
  'is told that a group to delete is not there': async (site) => {
    const deleting = withAdmin(site, (admin) => admin.deleteGroups({ groups: [groupOf(site)] }))
    expect(await refusalsOf(deleting)).toContain('GROUP_ID_NOT_FOUND')
  },
  'is refused to set the offsets of a group that has members': async (site) => {
    await produce(site, texts(5))
    const groupId = groupOf(site)
    const consumer = consumerOf(site)
    await consumer.joinGroup({})
    const partitionOffsets = [{ partition: 0, offset: 3n }]
    const setting = withAdmin(site, (admin) =>
      admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: site.name, partitionOffsets }] }),
    )
    expect(await refusalsOf(setting)).toContain('UNKNOWN_MEMBER_ID')
    await closed(consumer)
  },
  'is refused to delete offsets of a topic that its group subscribes to': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'earliest' })
    const topics = [{ name: site.name, partitionIndexes: [0] }]
    const deleting = withAdmin(site, (admin) => admin.deleteConsumerGroupOffsets({ groupId: groupOf(site), topics }))
    expect(await refusalsOf(deleting)).toContain('GROUP_SUBSCRIBED_TO_TOPIC')
    await stream.close()
    await closed(consumer)
  },
  'reads the offsets of the partitions that it names, of several groups': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const names = ['a', 'b'].map((end) => `${site.name}-${end}`)
    const found = await withAdmin(site, async (admin) => {
      for (const [index, groupId] of names.entries()) {
        const partitionOffsets = [0, 1].map((partition) => ({ partition, offset: BigInt(index) }))
        await admin.alterConsumerGroupOffsets({ groupId, topics: [{ name: site.name, partitionOffsets }] })
      }
      const topics = [{ name: site.name, partitionIndexes: [1] }]
      return admin.listConsumerGroupOffsets({ groups: names.map((groupId) => ({ groupId, topics })) })
    })
    const partition = (committedOffset: bigint) => ({ partitionIndex: 1, committedOffset })
    expect(found).toMatchObject(
      names.map((groupId, index) => ({ groupId, topics: [{ partitions: [partition(BigInt(index))] }] })),
    )
    expect(found.flatMap(({ topics }) => topics.flatMap(({ partitions }) => partitions))).toHaveLength(2)
  },
  'is told by its own library what is not offered: quotas and access lists': async (site) => {
    await withAdmin(site, async (admin) => {
      const components = [{ entityType: 'client-id', matchType: 0, match: 'x' }]
      const quotas = admin.describeClientQuotas({ components } as never)
      await expect(quotas).rejects.toMatchObject({
        errors: [{ message: expect.stringContaining('DescribeClientQuotas') }],
      })
      const target = { resourceType: 2, resourceName: null, resourcePatternType: 3 }
      const filter = { ...target, principal: null, host: null, operation: 1, permissionType: 1 }
      const lists = admin.describeAcls({ filter } as never)
      await expect(lists).rejects.toMatchObject({ errors: [{ message: expect.stringContaining('DescribeAcls') }] })
    })
  },
}

behavioursOf('@platformatic/kafka administers', administration)
