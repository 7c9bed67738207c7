// What @platformatic/kafka sees when it consumes, alone and in groups, static members among them.

import { once } from 'node:events'
import { type GroupPartitionsAssigner, MessagesStreamModes } from '@platformatic/kafka'
import { expect } from 'vitest'
import * as kafkajs from './kafkajs-client.js'
import { behavioursOf, type Behaviours, type KafkaSite } from './kit.js'
import {
  closed,
  consume,
  consumerOf,
  groupOf,
  produce,
  readFrom,
  refusalsOf,
  type TextConsumer,
  texts,
  withAdmin,
} from './platformatic-client.js'

const committed = { mode: MessagesStreamModes.COMMITTED, fallbackMode: 'earliest' } as const

const positions: Behaviours = {
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
  'asks for its lag': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site)
    const offsets = await consumer.listOffsets({ topics: [site.name] })
    expect(offsets.get(site.name)).toEqual([5n])
    const early = await consumer.listOffsets({ topics: [site.name], timestamp: -2n })
    expect(early.get(site.name)).toEqual([0n])
    await closed(consumer)
  },
  'begins at the end when it does not ask for the beginning': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'latest' })
    const reading = readFrom(stream, 1)
    await once(stream, 'fetch')
    await produce(site, [{ value: 'later' }])
    expect(await reading).toMatchObject([{ value: 'later', offset: 5n }])
    await closed(consumer)
  },
  'begins nowhere without an offset of its group, when it is told to fail then': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'committed', fallbackMode: 'fail' })
    const [error] = await once(stream.resume(), 'error').catch((thrown: unknown) => [thrown])
    expect(String(error)).toContain('no committed offset')
    await closed(consumer)
  },
  'reads several topics in one stream': async (site) => {
    const topics = ['a', 'b'].map((end) => `${site.name}-${end}`)
    for (const name of topics) await produce({ ...site, name }, texts(3))
    const consumer = consumerOf(site)
    const read = await readFrom(await consumer.consume({ topics, mode: 'earliest' }), 6)
    await closed(consumer)
    expect(new Set(read.map(({ topic, offset }) => `${topic} ${offset}`)).size).toBe(6)
  },
  'reads all partitions, however little it fetches': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    for (let round = 0; round < 5; round++) {
      const sent = [0, 1, 2, 3].map((partition) => ({ partition, value: `${partition} ${round}`.padEnd(500) }))
      await produce(site, sent)
    }
    const read = await consume(site, 20, { mode: 'earliest', maxBytes: 600 })
    expect(new Set(read.map(({ partition, offset }) => `${partition}:${offset}`)).size).toBe(20)
  },
  'stops after as many fetches as it wants': async (site) => {
    await produce(site, texts(3))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], mode: 'earliest', maxFetches: 1 })
    const read: unknown[] = []
    for await (const message of stream) read.push(message)
    expect(read).toHaveLength(3)
    await closed(consumer)
  },
  'pauses its stream and goes on where it paused': async (site) => {
    await produce(site, texts(20))
    const consumer = consumerOf(site, { highWaterMark: 1 })
    const stream = await consumer.consume({ topics: [site.name], mode: 'earliest' })
    const offsets: bigint[] = []
    await new Promise<void>((resolve) => {
      stream.on('data', ({ offset }) => {
        offsets.push(offset)
        if (offset === 4n) {
          stream.pause()
          setImmediate(() => stream.resume())
        }
        if (offset === 19n) resolve()
      })
    })
    expect(offsets).toEqual(Array.from({ length: 20 }, (_, offset) => BigInt(offset)))
    await stream.close()
    await closed(consumer)
  },
  'begins again where the log begins when its offset is gone': async (site) => {
    await produce(site, texts(10))
    const topics = [{ name: site.name, partitions: [{ partition: 0, offset: 6n }] }]
    await withAdmin(site, (admin) => admin.deleteRecords({ topics }))
    const [first] = await consume(site, 1, { mode: 'earliest' })
    expect(first).toMatchObject({ offset: 6n })
  },
  'fetches from the broker directly, by the id of the topic': async (site) => {
    await produce(site, texts(3))
    const consumer = consumerOf(site)
    const { topics } = await consumer.metadata({ topics: [site.name] })
    const partitions = [
      { partition: 0, fetchOffset: 1n, partitionMaxBytes: 1_000_000, currentLeaderEpoch: -1, lastFetchedEpoch: -1 },
    ]
    const topicId = topics.get(site.name)?.id ?? ''
    const fetched = await consumer.fetch({ node: 1, topics: [{ topicId, partitions }], maxWaitTime: 100 })
    expect(fetched.responses[0]).toMatchObject({ topicId, partitions: [{ highWatermark: 3n, logStartOffset: 0n }] })
    await closed(consumer)
  },
  'asks for the offsets of a time': async (site) => {
    await produce(site, [
      { value: 'early', timestamp: 1000n },
      { value: 'late', timestamp: 2000n },
    ])
    const consumer = consumerOf(site)
    const found = await consumer.listOffsetsWithTimestamps({ topics: [site.name], timestamp: 1500n })
    expect(found.get(site.name)?.get(0)).toEqual({ offset: 1n, timestamp: 2000n })
    await closed(consumer)
  },
}

const commits: Behaviours = {
  'commits what it hands out, when it is told to': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site, { autocommit: true })
    await readFrom(await consumer.consume({ topics: [site.name], ...committed }), 5)
    await closed(consumer)
    expect(site.engine.groups.allCommitted(groupOf(site))).toMatchObject([{ offset: 5 }])
  },
  'commits by hand, and finds it again': async (site) => {
    await produce(site, texts(5))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], ...committed })
    await consumer.commit({ offsets: [{ topic: site.name, partition: 0, offset: 3n, leaderEpoch: 0 }] })
    const found = await consumer.listCommittedOffsets({ topics: [{ topic: site.name, partitions: [0] }] })
    expect(found.get(site.name)).toEqual([3n])
    expect((await consumer.getLag({ topics: [site.name] })).get(site.name)).toEqual([2n])
    await stream.close()
    await closed(consumer)
  },
  'finds -1 where its group never committed': async (site) => {
    await produce(site, texts(1))
    const consumer = consumerOf(site)
    await consumer.joinGroup({})
    const found = await consumer.listCommittedOffsets({ topics: [{ topic: site.name, partitions: [0] }] })
    expect(found.get(site.name)).toEqual([-1n])
    await closed(consumer)
  },
  'is refused a commit for a partition that is not there': async (site) => {
    await produce(site, texts(1))
    const consumer = consumerOf(site)
    const stream = await consumer.consume({ topics: [site.name], ...committed })
    const commit = consumer.commit({ offsets: [{ topic: site.name, partition: 9, offset: 1n, leaderEpoch: 0 }] })
    expect(await refusalsOf(commit)).toContain('UNKNOWN_TOPIC_OR_PARTITION')
    await stream.close()
    await closed(consumer)
  },
}

interface Joined {
  readonly generationId?: number
  readonly assignments?: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

/** Resolves when the consumer has its next assignment. */
const joins = async (consumer: TextConsumer): Promise<Joined> => (await once(consumer, 'consumer:group:join'))[0]

const partitionCount = ({ assignments = [] }: Joined): number =>
  assignments.reduce((sum, { partitions }) => sum + partitions.length, 0)

async function memberOf(site: KafkaSite, ...more: Parameters<typeof consumerOf>[1][]): Promise<TextConsumer> {
  const consumer = consumerOf(site, ...more)
  consumer.topics.track(site.name)
  await consumer.joinGroup({})
  return consumer
}

const membersOf = (site: KafkaSite) => site.engine.groups.describe(groupOf(site)).members

/** Everything to the member with the least id. */
const firstOnly: GroupPartitionsAssigner = (_current, members, topics, { topics: known }) => {
  const [least] = [...members.keys()].sort((a, b) => a.localeCompare(b))
  const all = [...topics].map((topic) => {
    const count = known.get(topic)?.partitionsCount ?? 0
    return [topic, { topic, partitions: Array.from({ length: count }, (_, partition) => partition) }] as const
  })
  return [...members.keys()].map((memberId) => ({ memberId, assignments: new Map(memberId === least ? all : []) }))
}

const groups: Behaviours = {
  'shares the partitions among two members, and takes them back when one leaves': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const a = await memberOf(site)
    const rejoined = joins(a)
    const b = consumerOf(site)
    b.topics.track(site.name)
    const joined = joins(b)
    await b.joinGroup({})
    expect([await rejoined, await joined].map(partitionCount)).toEqual([2, 2])
    const whole = joins(a)
    await closed(b)
    expect(partitionCount(await whole)).toBe(4)
    await closed(a)
  },
  'assigns by an assigner of its own': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    const a = await memberOf(site, { partitionAssigner: firstOnly })
    const rejoined = joins(a)
    const b = consumerOf(site, { partitionAssigner: firstOnly })
    b.topics.track(site.name)
    const joined = joins(b)
    await b.joinGroup({})
    expect(new Set([await rejoined, await joined].map(partitionCount))).toEqual(new Set([0, 3]))
    await Promise.all([a, b].map(closed))
  },
  'is refused in a group with other protocols, which goes on': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const member = await kafkajs.runningMember(site)
    const stranger = consumerOf(site)
    stranger.topics.track(site.name)
    expect(await refusalsOf(stranger.joinGroup({}))).toContain('INCONSISTENT_GROUP_PROTOCOL')
    expect(membersOf(site)).toHaveLength(1)
    await closed(stranger)
    await member.disconnect()
  },
  'keeps the partitions of a static member that comes back, without a new generation': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const first = await memberOf(site, { groupInstanceId: 'one' })
    const { generationId, memberId } = first
    const again = await memberOf(site, { groupInstanceId: 'one' })
    expect(again.generationId).toBe(generationId)
    expect(again.memberId).not.toBe(memberId)
    expect(membersOf(site)).toMatchObject([{ instanceId: 'one', memberId: again.memberId }])
    await closed(again)
    await closed(first).catch(() => undefined) // it is a member no more
  },
  'fences a static member whose name another took': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const first = await memberOf(site, { groupInstanceId: 'one' })
    const fenced = once(first, 'consumer:heartbeat:error')
    const second = await memberOf(site, { groupInstanceId: 'one' })
    const [{ error }] = await fenced
    expect(await refusalsOf(Promise.reject(error))).toContain('FENCED_INSTANCE_ID')
    await closed(second)
    await closed(first).catch(() => undefined) // it is a member no more
  },
  'rejoins when an administrator removes it': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const consumer = await memberOf(site)
    const before = consumer.memberId ?? ''
    const rejoined = joins(consumer)
    await withAdmin(site, (admin) =>
      admin.removeMembersFromConsumerGroup({ groupId: groupOf(site), members: [{ memberId: before, reason: 'test' }] }),
    )
    await rejoined
    expect(membersOf(site).map(({ memberId }) => memberId)).toEqual([consumer.memberId])
    expect(consumer.memberId).not.toBe(before)
    await closed(consumer)
  },
  'finds the coordinator of its group': async (site) => {
    const consumer = consumerOf(site)
    expect(await consumer.findGroupCoordinator()).toBe(1)
    await closed(consumer)
  },
  'is refused a session that is too short': async (site) => {
    const consumer = consumerOf(site, { sessionTimeout: 10, rebalanceTimeout: 10, heartbeatInterval: 5 })
    expect(await refusalsOf(consumer.joinGroup({}))).toContain('INVALID_SESSION_TIMEOUT')
    await closed(consumer)
  },
  'is not let into an internal topic': async (site) => {
    const consumer = consumerOf(site)
    const looking = consumer.listOffsets({ topics: ['__tailrace_offsets'] })
    await expect(looking).rejects.toThrow('Unknown topic')
    await closed(consumer)
  },
  'reads what kafkajs wrote in a batch with another codec': async (site) => {
    await kafkajs.produce(site, kafkajs.messages(30), { compression: 1 })
    expect((await consume(site, 30)).map(({ value }) => value)).toEqual(texts(30).map(({ value }) => value))
  },
}

behavioursOf('@platformatic/kafka consumes', { ...positions, ...commits, ...groups })
