// Transactions of @platformatic/kafka 1.35.0, which names partitions in the batched versions of AddPartitionsToTxn.
//
// It asks for a producer id as if it had been producer 0 before, which only a transactional id that is new lets pass: a
// producer that comes again has to say -1. Its reader knows one aborted transaction of a producer in a fetch.

import {
  Admin,
  Consumer,
  FetchIsolationLevels,
  type FetchIsolationLevelValue,
  type Message,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { expect } from 'vitest'
import { behavioursOf, type Behaviours, type KafkaSite } from './kit.js'

type StringProducer = Producer<string, string, string, string>
type StringConsumer = Consumer<string, string, string, string>
type StringTransaction = Awaited<ReturnType<StringProducer['beginTransaction']>>

function base({ kafka, name }: KafkaSite) {
  return { clientId: name, bootstrapBrokers: [kafka], retries: 1, retryDelay: 50 }
}

/** Its transactional id is the name of the behaviour unless said otherwise. */
async function withProducer<T>(
  site: KafkaSite,
  work: (producer: StringProducer) => Promise<T>,
  transactionalId = site.name,
): Promise<T> {
  const known = { producerId: -1n, producerEpoch: -1 }
  const settings = { idempotent: true, transactionalId, autocreateTopics: true, ...known }
  const producer = new Producer({ ...base(site), ...settings, serializers: stringSerializers })
  try {
    return await work(producer)
  } finally {
    await producer.close()
  }
}

/** Records to the first partition of the behaviour's topic. */
function send(transaction: StringTransaction, { name: topic }: KafkaSite, values: readonly string[], partition = 0) {
  return transaction.send({ messages: values.map((value) => ({ topic, value, partition })) })
}

/** One record of no transaction. */
async function plain(site: KafkaSite, value: string): Promise<void> {
  const producer: StringProducer = new Producer({
    ...base(site),
    serializers: stringSerializers,
    autocreateTopics: true,
  })
  try {
    await producer.send({ messages: [{ topic: site.name, value, partition: 0 }] })
  } finally {
    await producer.close()
  }
}

function closed(consumer: StringConsumer): Promise<void> {
  return new Promise((resolve, reject) => {
    consumer.close(true, (error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
}

interface Reading {
  readonly isolationLevel?: FetchIsolationLevelValue
  readonly group?: string
}

async function withMessages<T>(
  site: KafkaSite,
  { isolationLevel = FetchIsolationLevels.READ_COMMITTED, group = `${site.name}-${isolationLevel}` }: Reading,
  work: (messages: AsyncIterable<Message<string, string, string, string>>, consumer: StringConsumer) => Promise<T>,
): Promise<T> {
  const consumer: StringConsumer = new Consumer({
    ...base(site),
    groupId: group,
    isolationLevel,
    deserializers: stringDeserializers,
    maxWaitTime: 100,
    autocommit: false,
  })
  const stream = await consumer.consume({ topics: [site.name], mode: 'earliest' })
  try {
    return await work(stream, consumer)
  } finally {
    await stream.close()
    await closed(consumer)
  }
}

/** What a reader sees up to a plain record at the end. */
async function readToEnd(site: KafkaSite, reading: Reading = {}): Promise<string[]> {
  await plain(site, 'end')
  return withMessages(site, reading, async (messages) => {
    const values: string[] = []
    for await (const { value } of messages) {
      values.push(value)
      if (value === 'end') break
    }
    return values
  })
}

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
  'commits a transaction': async (site) => {
    await withProducer(site, async (producer) => {
      const transaction = await producer.beginTransaction()
      await send(transaction, site, ['a', 'b'])
      expect(site.engine.transactions.describe(site.name)).toMatchObject({ state: 'ongoing' })
      await transaction.commit()
    })
    expect(await readToEnd(site)).toEqual(['a', 'b', 'end'])
  },
  'aborts a transaction': async (site) => {
    await withProducer(site, async (producer) => {
      const transaction = await producer.beginTransaction()
      await send(transaction, site, ['a', 'b'])
      await transaction.abort()
    })
    expect(await readToEnd(site)).toEqual(['end'])
  },
  'shows aborted records to who reads uncommitted': async (site) => {
    await withProducer(site, async (producer) => {
      const transaction = await producer.beginTransaction()
      await send(transaction, site, ['a'])
      await transaction.abort()
    })
    const isolationLevel = FetchIsolationLevels.READ_UNCOMMITTED
    expect(await readToEnd(site, { isolationLevel })).toEqual(['a', 'end'])
  },
  'takes one transaction after the other from a producer': async (site) => {
    await withProducer(site, async (producer) => {
      for (const value of ['1', '2', '3']) {
        const transaction = await producer.beginTransaction()
        await send(transaction, site, [value])
        await (value === '2' ? transaction.abort() : transaction.commit())
      }
    })
    expect(await readToEnd(site)).toEqual(['1', '3', 'end'])
  },
  'names all partitions that it writes to': async (site) => {
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    const isThere = { topic: site.name, partition: 2 }
    await withProducer(site, async (producer) => {
      const transaction = await producer.beginTransaction()
      for (const partition of [0, 1, 2]) await send(transaction, site, [`${partition}`], partition)
      expect(site.engine.transactions.describe(site.name).partitions).toHaveLength(3)
      expect(await site.engine.bounds(isThere)).toMatchObject({ lastStableOffset: 0, highWatermark: 1 })
      await transaction.commit()
    })
    expect(await site.engine.bounds(isThere)).toMatchObject({ lastStableOffset: 2 })
  },
  'fences the older of two producers with one transactional id': async (site) => {
    await withProducer(site, (older) =>
      withProducer(site, async (newer) => {
        const first = await older.beginTransaction()
        await send(first, site, ['older'])
        const second = await newer.beginTransaction()
        await send(second, site, ['newer'])
        expect(await codesOf(first.commit())).toContain('PRODUCER_FENCED')
        await second.commit()
      }),
    )
    expect(await readToEnd(site)).toEqual(['newer', 'end'])
  },
  'is fenced when it claims to have been another producer': async (site) => {
    await withProducer(site, async (producer) => void (await producer.beginTransaction()), `${site.name}-before`)
    await withProducer(site, async (producer) => void (await producer.beginTransaction()))
    const { producerId } = site.engine.transactions.describe(site.name)
    const stranger = { producerId: BigInt(producerId) + 1000n, producerEpoch: 0 }
    await withProducer(site, async (producer) => {
      expect(await codesOf(producer.beginTransaction(stranger))).toContain('PRODUCER_FENCED')
    })
  },
  'commits the offset of what it read with what it writes': async (site) => {
    await plain(site, 'read')
    const group = `${site.name}-movers`
    const committed = () => site.engine.groups.committed(group, { topic: site.name, partition: 0 })?.offset
    await withMessages(site, { group }, (messages, consumer) =>
      withProducer(site, async (producer) => {
        for await (const message of messages) {
          const transaction = await producer.beginTransaction()
          await transaction.addConsumer(consumer)
          await transaction.send({ messages: [{ topic: `${site.name}-target`, value: message.value }] })
          await transaction.addOffset(message)
          expect(committed()).toBeUndefined()
          await transaction.commit()
          break
        }
      }),
    )
    expect(committed()).toBe(1)
  },
  'leaves the offset where it was when the transaction is aborted': async (site) => {
    await plain(site, 'read')
    const group = `${site.name}-movers`
    await withMessages(site, { group }, (messages, consumer) =>
      withProducer(site, async (producer) => {
        for await (const message of messages) {
          const transaction = await producer.beginTransaction()
          await transaction.addConsumer(consumer)
          await transaction.addOffset(message)
          await transaction.abort()
          break
        }
      }),
    )
    expect(site.engine.groups.allCommitted(group)).toEqual([])
  },
  'reads offsets as who reads committed, and as who does not': async (site) => {
    await plain(site, 'before')
    const latest = async (isolationLevel: FetchIsolationLevelValue): Promise<bigint | undefined> => {
      const admin = new Admin(base(site))
      try {
        const topics = [{ name: site.name, partitions: [{ partitionIndex: 0, timestamp: -1n }] }]
        const [listed] = await admin.listOffsets({ topics, isolationLevel })
        return listed?.partitions[0]?.offset
      } finally {
        await admin.close()
      }
    }
    await withProducer(site, async (producer) => {
      const transaction = await producer.beginTransaction()
      await send(transaction, site, ['a', 'b'])
      expect(await latest(FetchIsolationLevels.READ_COMMITTED)).toBe(1n)
      expect(await latest(FetchIsolationLevels.READ_UNCOMMITTED)).toBe(3n)
      await transaction.commit()
      expect(await latest(FetchIsolationLevels.READ_COMMITTED)).toBe(4n)
    })
  },
}

behavioursOf('@platformatic/kafka in transactions', records)
