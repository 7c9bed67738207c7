// What kafkajs sees when it consumes.

import type { Batch, Consumer, EachBatchPayload } from 'kafkajs'
import { expect } from 'vitest'
import {
  clientOf,
  consume,
  groupOf,
  joins,
  memberOf,
  messages,
  produce,
  readFrom,
  refusalOf,
  runningMember,
  withAdmin,
  withProducer,
} from './kafkajs-client.js'
import { behavioursOf, type Behaviours, type KafkaSite } from './kit.js'

/** Resolves with what the callback is called with first. */
function firstCall<T>(): { readonly called: Promise<T>; readonly call: (value: T) => void } {
  let call: (value: T) => void = () => undefined
  const called = new Promise<T>((resolve) => {
    call = resolve
  })
  return { called, call }
}

const committedOf = (site: KafkaSite, partition = 0): number | undefined =>
  site.engine.groups.committed(groupOf(site), { topic: site.name, partition })?.offset

const positions: Behaviours = {
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
    const consumer = await memberOf(site, { maxWaitTimeInMs: 20_000 })
    const joined = joins(consumer)
    const reading = readFrom(consumer, 1)
    await joined
    await produce(site, [{ value: 'woken' }])
    expect(await reading).toMatchObject([{ value: 'woken' }])
    await consumer.disconnect()
  },
  'begins at the end when it does not ask for the beginning': async (site) => {
    await produce(site, messages(5))
    const consumer = await memberOf(site, {}, { fromBeginning: false })
    const begun = firstCall<unknown>()
    consumer.on(consumer.events.FETCH, begun.call)
    const reading = readFrom(consumer, 1)
    await begun.called
    await produce(site, [{ value: 'later' }])
    expect(await reading).toMatchObject([{ value: 'later', offset: '5' }])
    await consumer.disconnect()
  },
  'seeks forwards and back while it runs': async (site) => {
    await produce(site, messages(10))
    const read: string[] = []
    const done = firstCall<undefined>()
    const consumer = await memberOf(site)
    await consumer.run({
      async eachMessage({ message }) {
        read.push(message.offset)
        if (read.length === 1) consumer.seek({ topic: site.name, partition: 0, offset: '7' })
        if (read.length === 4) consumer.seek({ topic: site.name, partition: 0, offset: '2' })
        if (read.length === 6) done.call(undefined)
      },
    })
    await done.called
    await consumer.disconnect()
    expect(read.slice(0, 6)).toEqual(['0', '7', '8', '9', '2', '3'])
  },
  'begins again where the log begins when its offset is gone': async (site) => {
    await produce(site, messages(10))
    const consumer = await runningMember(site, { autoCommit: false })
    await consumer.commitOffsets([{ topic: site.name, partition: 0, offset: '1' }])
    await consumer.disconnect()
    await withAdmin(site, async (admin) => {
      await admin.fetchTopicMetadata({ topics: [site.name] }) // it deletes from topics that it knows alone
      await admin.deleteTopicRecords({ topic: site.name, partitions: [{ partition: 0, offset: '6' }] })
    })
    expect(await consume(site, 4)).toMatchObject([{ offset: '6' }, {}, {}, { offset: '9' }])
  },
  'reads the same in two groups': async (site) => {
    await produce(site, messages(20))
    const [a, b] = await Promise.all(['a', 'b'].map((group) => consume(site, 20, { group: `${site.name}-${group}` })))
    expect(a).toEqual(b)
  },
}

const subscriptions: Behaviours = {
  'subscribes to several topics': async (site) => {
    const other = `${site.name}-other`
    await withProducer(site, (producer) =>
      producer.sendBatch({
        topicMessages: [site.name, other].map((topic) => ({ topic, messages: [{ value: topic }] })),
      }),
    )
    const consumer = await memberOf(site)
    await consumer.subscribe({ topics: [other], fromBeginning: true })
    const read = await readFrom(consumer, 2)
    await consumer.disconnect()
    expect(new Set(read.map(({ topic, value }) => [topic, value].join()))).toEqual(
      new Set([site.name, other].map((topic) => [topic, topic].join())),
    )
  },
  'subscribes to topics by a pattern': async (site) => {
    const names = ['left', 'right', 'none'].map((end) => `${site.name}-${end}`)
    for (const name of names) await site.engine.topics.create({ name, partitions: 1 })
    const consumer = clientOf(site).consumer({ groupId: groupOf(site), maxWaitTimeInMs: 100 })
    await consumer.connect()
    await consumer.subscribe({ topic: new RegExp(`^${site.name}-(left|right)$`), fromBeginning: true })
    const joined = joins(consumer)
    await consumer.run({ eachMessage: async () => undefined })
    expect(Object.keys(await joined).sort()).toEqual(names.slice(0, 2))
    await consumer.disconnect()
  },
  'does not make a topic when it must not': async (site) => {
    const refused = refusalOf(memberOf(site, { allowAutoTopicCreation: false }))
    expect(await refused).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    expect(site.engine.topics.find(site.name)).toBeUndefined()
  },
  'is not let into an internal topic': async (site) => {
    const consumer = clientOf(site).consumer({ groupId: groupOf(site) })
    await consumer.connect()
    const refused = refusalOf(consumer.subscribe({ topic: '__tailrace_offsets' }))
    expect(await refused).toBe('INVALID_TOPIC_EXCEPTION')
    await consumer.disconnect()
  },
  'takes in partitions that are added while it runs': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const consumer = await runningMember(site, {}, { metadataMaxAge: 50 })
    const grown = joins(consumer)
    const topicPartitions = [{ topic: site.name, count: 3 }]
    await withAdmin(site, (admin) => admin.createPartitions({ topicPartitions }))
    expect((await grown)[site.name]).toEqual([0, 1, 2])
    await consumer.disconnect()
  },
}

/** The first batch that a member is given. */
async function firstBatch(site: KafkaSite, config: Parameters<typeof memberOf>[1] = {}): Promise<Batch> {
  const given = firstCall<Batch>()
  const consumer = await memberOf(site, config)
  await consumer.run({ eachBatch: async ({ batch }) => given.call(batch) })
  const batch = await given.called
  await consumer.disconnect()
  return batch
}

const batches: Behaviours = {
  'is given a batch with its offsets, its high watermark and its lag': async (site) => {
    await produce(site, messages(10))
    const batch = await firstBatch(site)
    expect(batch).toMatchObject({ topic: site.name, partition: 0, highWatermark: '10' })
    expect([batch.firstOffset(), batch.lastOffset(), batch.offsetLag(), batch.messages.length]).toEqual([
      '0',
      '9',
      '0',
      10,
    ])
  },
  'reads a record that is larger than it fetches': async (site) => {
    await produce(site, [{ value: 'x'.repeat(100_000) }])
    const batch = await firstBatch(site, { maxBytesPerPartition: 1024, maxBytes: 1024 })
    expect(batch.messages[0]?.value).toHaveLength(100_000)
  },
  'reads all partitions, however little it fetches': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 4 })
    const sent = [0, 1, 2, 3].flatMap((partition) =>
      Array.from({ length: 10 }, (_, index) => ({ partition, value: `${partition} ${index}`.padEnd(500) })),
    )
    await withProducer(site, async (producer) => {
      for (let index = 0; index < 10; index++) {
        const round = sent.filter((_, at) => at % 10 === index)
        await producer.send({ topic: site.name, messages: round })
      }
    })
    const consumer = await memberOf(site, { maxBytes: 600, maxBytesPerPartition: 600 })
    const read = await readFrom(consumer, 40)
    await consumer.disconnect()
    expect(new Set(read.map(({ value }) => value))).toEqual(new Set(sent.map(({ value }) => value)))
  },
  'is given no more than it fetches': async (site) => {
    await withProducer(site, async (producer) => {
      for (let index = 0; index < 10; index++) {
        await producer.send({ topic: site.name, messages: [{ value: 'x'.repeat(1000) }] })
      }
    })
    const batch = await firstBatch(site, { maxBytesPerPartition: 3500 })
    expect(batch.messages.map(({ offset }) => offset)).toEqual(['0', '1', '2'])
  },
  'waits for as many bytes as it asks for': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 1 })
    const given = firstCall<Batch>()
    const consumer = await memberOf(site, { minBytes: 2000, maxWaitTimeInMs: 20_000 })
    const joined = joins(consumer)
    await consumer.run({ eachBatch: async ({ batch }) => given.call(batch) })
    await joined
    await produce(site, [{ value: 'small' }])
    await produce(site, [{ value: 'x'.repeat(3000) }])
    expect((await given.called).messages.map(({ offset }) => offset)).toEqual(['0', '1'])
    await produce(site, [{ value: 'x'.repeat(3000) }]) // ends the poll that it waits in
    await consumer.disconnect()
  },
  'reads several partitions at a time': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    const sent = [0, 1, 2].map((partition) => ({ partition, value: `${partition}` }))
    await produce(site, sent)
    const consumer = await memberOf(site)
    const waiting = new Set<number>()
    const together = firstCall<undefined>()
    await consumer.run({
      partitionsConsumedConcurrently: 3,
      async eachBatch({ batch }) {
        waiting.add(batch.partition)
        if (waiting.size === 3) together.call(undefined)
        await together.called
      },
    })
    await together.called
    await consumer.disconnect()
    expect(waiting).toEqual(new Set([0, 1, 2]))
  },
  'names its rack': async (site) => {
    await produce(site, messages(3))
    expect((await firstBatch(site, { rackId: 'rack-1' })).messages).toHaveLength(3)
  },
  'reads uncommitted records when it asks for them': async (site) => {
    await produce(site, messages(3))
    expect((await firstBatch(site, { readUncommitted: true })).messages).toHaveLength(3)
  },
}

const flow: Behaviours = {
  'pauses one partition, reads the other, and goes on where it paused': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 2 })
    const read: string[] = []
    const reached = new Map<number, () => void>()
    const when = (count: number): Promise<void> => new Promise((resolve) => reached.set(count, resolve))
    const consumer = await runningMember(site, {
      async eachMessage({ partition, message }) {
        read.push(`${partition}:${message.offset}`)
        reached.get(read.length)?.()
      },
    })
    consumer.pause([{ topic: site.name, partitions: [0] }])
    expect(consumer.paused()).toEqual([{ topic: site.name, partitions: [0] }])
    const other = when(2)
    await produce(site, [
      { partition: 0, value: 'a' },
      { partition: 1, value: 'b' },
      { partition: 1, value: 'c' },
    ])
    await other
    expect(read).toEqual(['1:0', '1:1'])
    const resumed = when(3)
    consumer.resume([{ topic: site.name, partitions: [0] }])
    await resumed
    expect(read[2]).toBe('0:0')
    await consumer.disconnect()
  },
  'pauses from within, and reads nothing twice afterwards': async (site) => {
    await produce(site, messages(5))
    const read: string[] = []
    const [paused, all] = [firstCall<() => void>(), firstCall<undefined>()]
    const consumer = await memberOf(site)
    await consumer.run({
      async eachMessage({ message, pause }) {
        if (message.offset === '2' && !read.includes('paused')) {
          read.push('paused')
          paused.call(pause())
          throw new Error('not yet')
        }
        read.push(message.offset)
        if (message.offset === '4') all.call(undefined)
      },
    })
    const resume = await paused.called
    resume()
    await all.called
    await consumer.disconnect()
    expect(read).toEqual(['0', '1', 'paused', '2', '3', '4'])
  },
  'is given a record again when its handler throws, and skips none': async (site) => {
    await produce(site, messages(5))
    const read: string[] = []
    const all = firstCall<undefined>()
    const consumer = await memberOf(site)
    await consumer.run({
      async eachMessage({ message }) {
        read.push(message.offset)
        if (read.length === 3) throw new Error('once')
        if (message.offset === '4') all.call(undefined)
      },
    })
    await all.called
    await consumer.disconnect()
    expect(read).toEqual(['0', '1', '2', '2', '3', '4'])
  },
}

/** Runs a member over one batch until the batch has been handled and what the client commits is committed. */
async function handleBatch(
  site: KafkaSite,
  run: Omit<Parameters<Consumer['run']>[0] & object, 'eachBatch'>,
  eachBatch: (payload: EachBatchPayload) => Promise<void>,
): Promise<void> {
  const handled = firstCall<undefined>()
  const consumer = await memberOf(site)
  await consumer.run({
    ...run,
    async eachBatch(payload) {
      await eachBatch(payload)
      handled.call(undefined)
    },
  })
  await handled.called
  await consumer.disconnect()
}

const commits: Behaviours = {
  'commits by hand with metadata, and finds both again': async (site) => {
    await produce(site, messages(3))
    const consumer = await runningMember(site, { autoCommit: false })
    await consumer.commitOffsets([{ topic: site.name, partition: 0, offset: '2', metadata: 'half' }])
    await consumer.disconnect()
    const found = site.engine.groups.committed(groupOf(site), { topic: site.name, partition: 0 })
    expect(found).toMatchObject({ offset: 2, metadata: 'half' })
    const [offsets] = await withAdmin(site, (admin) =>
      admin.fetchOffsets({ groupId: groupOf(site), topics: [site.name] }),
    )
    expect(offsets?.partitions).toEqual([{ partition: 0, offset: '2', metadata: 'half' }])
  },
  'is refused metadata that is too long': async (site) => {
    await produce(site, messages(3))
    const consumer = await runningMember(site, { autoCommit: false })
    const metadata = 'x'.repeat(5000)
    const commit = consumer.commitOffsets([{ topic: site.name, partition: 0, offset: '2', metadata }])
    expect(await refusalOf(commit)).toBe('OFFSET_METADATA_TOO_LARGE')
    await consumer.disconnect()
  },
  'is refused a commit for a partition that is not there': async (site) => {
    await produce(site, messages(3))
    const consumer = await runningMember(site, { autoCommit: false })
    const commit = consumer.commitOffsets([{ topic: site.name, partition: 7, offset: '2' }])
    expect(await refusalOf(commit)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    await consumer.disconnect()
  },
  'commits backwards': async (site) => {
    await produce(site, messages(5))
    await consume(site, 5)
    const consumer = await runningMember(site, { autoCommit: false })
    await consumer.commitOffsets([{ topic: site.name, partition: 0, offset: '1' }])
    await consumer.disconnect()
    expect(await consume(site, 4)).toMatchObject([{ offset: '1' }, {}, {}, {}])
  },
  'commits what it read when it leaves': async (site) => {
    await produce(site, messages(5))
    await consume(site, 5)
    expect(committedOf(site)).toBe(5)
  },
  'commits nothing by itself when it must not': async (site) => {
    await produce(site, messages(5))
    await handleBatch(site, { autoCommit: false }, async () => undefined)
    expect(committedOf(site)).toBeUndefined()
    expect((await consume(site, 1))[0]).toMatchObject({ offset: '0' })
  },
  'commits each time that it has read so many': async (site) => {
    await produce(site, messages(10))
    const committed: string[] = []
    const last = firstCall<undefined>()
    const consumer = await memberOf(site)
    consumer.on(consumer.events.COMMIT_OFFSETS, ({ payload }) => {
      committed.push(payload.topics[0]?.partitions[0]?.offset ?? '')
      if (committed.at(-1) === '10') last.call(undefined)
    })
    await consumer.run({
      autoCommitThreshold: 4,
      eachMessage: async () => undefined,
    })
    await last.called
    await consumer.disconnect()
    expect(committed.slice(0, 3)).toEqual(['4', '8', '10'])
    expect(committedOf(site)).toBe(10)
  },
  'commits the part of a batch that it resolved, and is given the rest again': async (site) => {
    await produce(site, messages(10))
    await handleBatch(
      site,
      { eachBatchAutoResolve: false },
      async ({ batch, resolveOffset, commitOffsetsIfNecessary }) => {
        for (const { offset } of batch.messages.slice(0, 6)) resolveOffset(offset)
        await commitOffsetsIfNecessary({
          topics: [{ topic: site.name, partitions: [{ partition: 0, offset: '6' }] }],
        })
      },
    )
    expect(committedOf(site)).toBe(6)
    expect(await consume(site, 4)).toMatchObject([{ offset: '6' }, {}, {}, { offset: '9' }])
  },
  'commits within a batch while it heartbeats': async (site) => {
    await produce(site, messages(4))
    const seen: (number | undefined)[] = []
    await handleBatch(site, {}, async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
      for (const { offset } of batch.messages) {
        resolveOffset(offset)
        await heartbeat()
        const next = String(Number(offset) + 1)
        await commitOffsetsIfNecessary({ topics: [{ topic: site.name, partitions: [{ partition: 0, offset: next }] }] })
        seen.push(committedOf(site))
      }
    })
    expect(seen).toEqual([1, 2, 3, 4])
  },
}

behavioursOf('kafkajs consumes', { ...positions, ...subscriptions, ...batches, ...flow, ...commits })
