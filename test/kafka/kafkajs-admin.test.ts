// What kafkajs sees when it administers topics, settings, offsets and groups.

import { ConfigResourceTypes } from 'kafkajs'
import { expect } from 'vitest'
import { consume, groupOf, messages, produce, refusalOf, withAdmin } from './kafkajs-client.js'
import { behavioursOf, type Behaviours } from './kit.js'

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
    expect(await refusalOf(withAdmin(site, (admin) => admin.createTopics({ topics: [topic] })))).toBe(
      'INVALID_REPLICATION_FACTOR',
    )
  },
  'is refused a setting that is not there': async (site) => {
    const topic = { topic: site.name, configEntries: [{ name: 'retention.hours', value: '1' }] }
    expect(await refusalOf(withAdmin(site, (admin) => admin.createTopics({ topics: [topic] })))).toBe('INVALID_CONFIG')
  },
  'is refused a name of the product’s own': async (site) => {
    const topic = { topic: '__tailrace_mine' }
    expect(await refusalOf(withAdmin(site, (admin) => admin.createTopics({ topics: [topic] })))).toBe(
      'INVALID_TOPIC_EXCEPTION',
    )
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
    expect(await refusalOf(withAdmin(site, (admin) => admin.deleteTopics({ topics: [site.name] })))).toBe(
      'UNKNOWN_TOPIC_OR_PARTITION',
    )
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
    expect(await refusalOf(withAdmin(site, (admin) => admin.createPartitions(wanted)))).toBe('INVALID_PARTITIONS')
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
  'creates several topics at once, and says which it could not': async (site) => {
    const [good, bad] = [`${site.name}-good`, `${site.name} bad`]
    const topics = [good, bad].map((topic) => ({ topic }))
    const refused = withAdmin(site, (admin) => admin.createTopics({ topics }))
    await expect(refused).rejects.toMatchObject({ errors: [{ topic: bad, type: 'INVALID_TOPIC_EXCEPTION' }] })
    expect(site.engine.topics.find(good)).toMatchObject({ partitions: 1 })
  },
  'creates a topic with its partitions assigned by hand to the one broker': async (site) => {
    const replicaAssignment = [0, 1, 2].map((partition) => ({ partition, replicas: [1] }))
    await withAdmin(site, (admin) => admin.createTopics({ topics: [{ topic: site.name, replicaAssignment }] }))
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 3 })
  },
  'is refused partitions on a broker that is not there': async (site) => {
    const replicaAssignment = [{ partition: 0, replicas: [2] }]
    const making = withAdmin(site, (admin) => admin.createTopics({ topics: [{ topic: site.name, replicaAssignment }] }))
    expect(await refusalOf(making)).toBe('INVALID_REPLICA_ASSIGNMENT')
  },
  'is refused more partitions than a topic may have': async (site) => {
    const making = withAdmin(site, (admin) =>
      admin.createTopics({ topics: [{ topic: site.name, numPartitions: 1_000_000 }] }),
    )
    expect(await refusalOf(making)).toBe('INVALID_PARTITIONS')
  },
  'is refused a value that a setting cannot have': async (site) => {
    const configEntries = [{ name: 'cleanup.policy', value: 'shred' }]
    const making = withAdmin(site, (admin) => admin.createTopics({ topics: [{ topic: site.name, configEntries }] }))
    expect(await refusalOf(making)).toBe('INVALID_CONFIG')
    expect(site.engine.topics.find(site.name)).toBeUndefined()
  },
  'deletes a topic and makes one of the same name that is empty': async (site) => {
    await produce(site, messages(5))
    await withAdmin(site, async (admin) => {
      await admin.deleteTopics({ topics: [site.name] })
      await admin.createTopics({ topics: [{ topic: site.name }] })
      expect(await admin.fetchTopicOffsets(site.name)).toMatchObject([{ high: '0', low: '0' }])
    })
    await produce(site, [{ value: 'new' }])
    expect(await consume(site, 1)).toMatchObject([{ value: 'new', offset: '0' }])
  },
  'adds no partitions when it only asks whether it could': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const wanted = { topicPartitions: [{ topic: site.name, count: 5 }], validateOnly: true }
    await withAdmin(site, (admin) => admin.createPartitions(wanted))
    expect(site.engine.topics.find(site.name)).toMatchObject({ partitions: 1 })
  },
  'is told that a topic to grow is not there': async (site) => {
    const wanted = { topicPartitions: [{ topic: site.name, count: 5 }] }
    const growing = withAdmin(site, (admin) => admin.createPartitions(wanted))
    expect(await refusalOf(growing)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  },
  'reads the partitions of a topic with leader and replicas': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const { topics } = await withAdmin(site, (admin) => admin.fetchTopicMetadata({ topics: [site.name] }))
    const partition = (partitionId: number) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 1,
      replicas: [1],
      isr: [1],
    })
    expect(topics).toMatchObject([{ name: site.name, partitions: [partition(0), partition(1)] }])
  },
  'is told that a topic to look at is not there, and makes none': async (site) => {
    const looking = withAdmin(site, (admin) => admin.fetchTopicMetadata({ topics: [site.name] }))
    expect(await refusalOf(looking)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(site.engine.topics.find(site.name)).toBeUndefined()
  },
}

const settings: Behaviours = {
  'reads the settings that it names, and no others': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const configNames = ['retention.ms', 'cleanup.policy']
    const resource = { type: ConfigResourceTypes.TOPIC, name: site.name, configNames }
    const { resources } = await withAdmin(site, (admin) =>
      admin.describeConfigs({ resources: [resource], includeSynonyms: false }),
    )
    const entries = resources[0]?.configEntries ?? []
    expect(new Set(entries.map(({ configName }) => configName))).toEqual(new Set(configNames))
    expect(entries.map(({ configSynonyms }) => configSynonyms)).toEqual([[], []])
  },
  'is told that a topic has no settings as it is not there': async (site) => {
    const resource = { type: ConfigResourceTypes.TOPIC, name: site.name }
    const reading = withAdmin(site, (admin) => admin.describeConfigs({ resources: [resource], includeSynonyms: false }))
    expect(await refusalOf(reading)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  },
  'alters nothing when it only asks whether it could': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const configEntries = [{ name: 'retention.ms', value: '5000' }]
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: site.name, configEntries }]
    await withAdmin(site, (admin) => admin.alterConfigs({ validateOnly: true, resources }))
    expect(site.engine.topics.find(site.name)?.settings.retentionMs).not.toBe(5000)
  },
  'alters none of several settings when one is refused': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1, settings: { retentionMs: 1000 } })
    const configEntries = [
      { name: 'retention.ms', value: '5000' },
      { name: 'segment.bytes', value: 'many' },
    ]
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: site.name, configEntries }]
    const altering = withAdmin(site, (admin) => admin.alterConfigs({ validateOnly: false, resources }))
    expect(await refusalOf(altering)).toBe('INVALID_CONFIG')
    expect(site.engine.topics.find(site.name)?.settings).toMatchObject({ retentionMs: 1000 })
  },
  'is refused a change of what is fixed': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const configEntries = [{ name: 'min.insync.replicas', value: '2' }]
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: site.name, configEntries }]
    const altering = withAdmin(site, (admin) => admin.alterConfigs({ validateOnly: false, resources }))
    expect(await refusalOf(altering)).toBe('INVALID_CONFIG')
  },
  'is refused a change of the broker': async (site) => {
    const configEntries = [{ name: 'num.partitions', value: '2' }]
    const resources = [{ type: ConfigResourceTypes.BROKER, name: '1', configEntries }]
    const altering = withAdmin(site, (admin) => admin.alterConfigs({ validateOnly: false, resources }))
    expect(await refusalOf(altering)).toBe('INVALID_REQUEST')
  },
}

const offsets: Behaviours = {
  'reads the end of a topic for a time that is still to come': async (site) => {
    await produce(site, messages(3))
    const later = 4_000_000_000_000
    const found = await withAdmin(site, (admin) => admin.fetchTopicOffsetsByTimestamp(site.name, later))
    expect(found).toEqual([{ partition: 0, offset: '3' }])
  },
  'reads the end of a topic without a time': async (site) => {
    await produce(site, messages(3))
    const found = await withAdmin(site, (admin) => admin.fetchTopicOffsetsByTimestamp(site.name))
    expect(found).toEqual([{ partition: 0, offset: '3' }])
  },
  'deletes all records': async (site) => {
    await produce(site, messages(5))
    await withAdmin(site, async (admin) => {
      await admin.fetchTopicOffsets(site.name) // it deletes from topics that it knows alone
      await admin.deleteTopicRecords({ topic: site.name, partitions: [{ partition: 0, offset: '-1' }] })
      expect(await admin.fetchTopicOffsets(site.name)).toMatchObject([{ low: '5', high: '5' }])
    })
  },
  'is refused the deletion of records that are still to come': async (site) => {
    await produce(site, messages(5))
    const refused = withAdmin(site, async (admin) => {
      await admin.fetchTopicOffsets(site.name)
      await admin.deleteTopicRecords({ topic: site.name, partitions: [{ partition: 0, offset: '6' }] })
    })
    await expect(refused).rejects.toMatchObject({ cause: { partitions: [{ error: { type: 'OFFSET_OUT_OF_RANGE' } }] } })
  },
  'finds no offsets of a group that never committed': async (site) => {
    await produce(site, messages(1))
    const [found] = await withAdmin(site, (admin) =>
      admin.fetchOffsets({ groupId: groupOf(site), topics: [site.name] }),
    )
    expect(found?.partitions).toEqual([{ partition: 0, offset: '-1', metadata: null }])
  },
  'finds the offsets of a group in all topics': async (site) => {
    await produce(site, messages(4))
    await consume(site, 4)
    const found = await withAdmin(site, (admin) => admin.fetchOffsets({ groupId: groupOf(site) }))
    expect(found).toEqual([{ topic: site.name, partitions: [{ partition: 0, offset: '4', metadata: null }] }])
  },
  'sets the offsets of a group to the end, which is to have none': async (site) => {
    await produce(site, messages(4))
    await consume(site, 1)
    const groupId = groupOf(site)
    await withAdmin(site, (admin) => admin.resetOffsets({ groupId, topic: site.name, earliest: false }))
    expect(site.engine.groups.allCommitted(groupId)).toEqual([])
  },
}

const groups: Behaviours = {
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
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [site.name] })
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
  'describes several groups at once': async (site) => {
    await produce(site, messages(1))
    const names = ['a', 'b'].map((end) => `${site.name}-${end}`)
    for (const group of names) await consume(site, 1, { group })
    const { groups: described } = await withAdmin(site, (admin) => admin.describeGroups(names))
    expect(described.map(({ groupId, state }) => [groupId, state])).toEqual(names.map((name) => [name, 'Empty']))
  },
  'is told that a group to delete is not there': async (site) => {
    const deleting = withAdmin(site, (admin) => admin.deleteGroups([groupOf(site)]))
    expect(await refusalOf(deleting)).toBe('GROUP_ID_NOT_FOUND')
  },
}

// Groups first: kafkajs takes five seconds to set offsets, during which the others run.
behavioursOf('kafkajs administers', { ...groups, ...offsets, ...topics, ...settings })
