// Transactions of kafkajs 2.2.4, as its own consumers and kcat's (librdkafka 2.0.2) see them.

import { EventEmitter, once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompressionTypes, Kafka, logLevel, type Producer, type Transaction } from 'kafkajs'
import { expect } from 'vitest'
import { startHub } from '../../hub/start-hub.js'
import { missing } from '../support/missing.js'
import { behavioursOf, type Behaviours, type KafkaSite, run } from './kit.js'

function clientOf({ kafka, name }: KafkaSite): Kafka {
  const retry = { retries: 8, initialRetryTime: 50, maxRetryTime: 500 }
  return new Kafka({ clientId: name, brokers: [kafka], logLevel: logLevel.NOTHING, retry })
}

interface ProducerSettings {
  readonly transactionalId?: string
  readonly transactionTimeout?: number
}

/** Connected; the name of the behaviour is its transactional id unless said otherwise. */
async function producerOf(site: KafkaSite, settings: ProducerSettings = {}): Promise<Producer> {
  const usual = { transactionalId: site.name, idempotent: true, maxInFlightRequests: 1 }
  const producer = clientOf(site).producer({ ...usual, ...settings })
  await producer.connect()
  return producer
}

async function withProducer<T>(
  site: KafkaSite,
  work: (producer: Producer) => Promise<T>,
  settings: ProducerSettings = {},
): Promise<T> {
  const producer = await producerOf(site, settings)
  try {
    return await work(producer)
  } finally {
    await producer.disconnect()
  }
}

/** Records to the first partition of the behaviour's topic. */
function send(to: Producer | Transaction, { name }: KafkaSite, values: readonly string[], more: object = {}) {
  return to.send({ topic: name, messages: values.map((value) => ({ value, partition: 0 })), ...more })
}

async function committed(site: KafkaSite, producer: Producer, values: readonly string[]): Promise<void> {
  const transaction = await producer.transaction()
  await send(transaction, site, values)
  await transaction.commit()
}

async function aborted(site: KafkaSite, producer: Producer, values: readonly string[]): Promise<void> {
  const transaction = await producer.transaction()
  await send(transaction, site, values)
  await transaction.abort()
}

/** Records of no transaction. */
async function plain(site: KafkaSite, ...values: readonly string[]): Promise<void> {
  const producer = clientOf(site).producer()
  await producer.connect()
  try {
    await send(producer, site, values)
  } finally {
    await producer.disconnect()
  }
}

/** A consumer that reads a topic from its beginning. */
interface Reader {
  /** Of all partitions, in the order in which they came. */
  readonly values: readonly string[]
  reads(value: string): Promise<void>
  /** Resolves after so many more answers to fetches. */
  fetches(count: number): Promise<void>
  close(): Promise<void>
}

async function readerOf(
  site: KafkaSite,
  { readUncommitted = false, topic = site.name }: { readUncommitted?: boolean; topic?: string } = {},
): Promise<Reader> {
  const groupId = `${topic}-${readUncommitted ? 'all' : 'committed'}-readers`
  const consumer = clientOf(site).consumer({ groupId, maxWaitTimeInMs: 100, readUncommitted })
  const values: string[] = []
  const heard = new EventEmitter()
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  consumer.on(consumer.events.FETCH, () => void heard.emit('fetch'))
  await consumer.run({
    async eachMessage({ message }) {
      values.push(String(message.value))
      heard.emit('record')
    },
  })
  return {
    values,
    async reads(value) {
      while (!values.includes(value)) await once(heard, 'record')
    },
    async fetches(count) {
      for (let left = count; left > 0; left--) await once(heard, 'fetch')
    },
    close: () => consumer.disconnect(),
  }
}

interface ReadToEnd {
  readonly readUncommitted?: boolean
  readonly end?: string
}

/** What a reader sees up to a plain record at the end, which is the last. */
async function readToEnd(site: KafkaSite, { end = 'end', ...options }: ReadToEnd = {}): Promise<readonly string[]> {
  await plain(site, end)
  const reader = await readerOf(site, options)
  try {
    await reader.reads(end)
    return reader.values
  } finally {
    await reader.close()
  }
}

const records: Behaviours = {
  'commits records of several partitions and topics at once': async (site) => {
    const other = `${site.name}-other`
    await site.engine.topics.create({ name: site.name, partitions: 3 })
    await site.engine.topics.create({ name: other, partitions: 1 })
    const places = [...[0, 1, 2].map((partition) => ({ topic: site.name, partition })), { topic: other, partition: 0 }]
    const stable = async (): Promise<number[]> => {
      const bounds = await Promise.all(places.map((of) => site.engine.bounds(of)))
      return bounds.map(({ lastStableOffset }) => lastStableOffset)
    }
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      const messages = [0, 1, 2].map((partition) => ({ value: `${partition}`, partition }))
      const topicMessages = [
        { topic: site.name, messages },
        { topic: other, messages: [{ value: 'other' }] },
      ]
      const sent = await transaction.sendBatch({ topicMessages })
      expect(sent.map(({ errorCode, baseOffset }) => [errorCode, baseOffset])).toEqual(Array(4).fill([0, '0']))
      expect(await stable()).toEqual([0, 0, 0, 0])
      await transaction.commit()
      // A record, and the end of the transaction.
      expect(await stable()).toEqual([2, 2, 2, 2])
    })
    const reader = await readerOf(site)
    for (const value of ['0', '1', '2']) await reader.reads(value)
    await reader.close()
    expect(reader.values).toHaveLength(3)
  },
  'shows nothing of an open transaction, and all of it once it is committed': async (site) => {
    await plain(site, 'before')
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      await send(transaction, site, ['a', 'b'])
      await plain(site, 'behind')
      const reader = await readerOf(site)
      await reader.reads('before')
      await reader.fetches(2)
      expect(reader.values).toEqual(['before'])
      await transaction.commit()
      await reader.reads('behind')
      await reader.close()
      expect(reader.values).toEqual(['before', 'a', 'b', 'behind'])
    })
  },
  'shows nothing of an aborted transaction': async (site) => {
    await withProducer(site, (producer) => aborted(site, producer, ['a', 'b']))
    expect(await readToEnd(site)).toEqual(['end'])
  },
  'shows open and aborted records to who reads uncommitted': async (site) => {
    await withProducer(site, async (producer) => {
      await aborted(site, producer, ['aborted'])
      const transaction = await producer.transaction()
      await send(transaction, site, ['open'])
      expect(await readToEnd(site, { readUncommitted: true })).toEqual(['aborted', 'open', 'end'])
      await transaction.abort()
    })
  },
  'takes one transaction after the other from a producer': async (site) => {
    await withProducer(site, async (producer) => {
      for (const round of ['1', '2', '3']) {
        await committed(site, producer, [`kept ${round}`])
        await aborted(site, producer, [`void ${round}`, `void too ${round}`])
      }
    })
    expect(await readToEnd(site)).toEqual(['kept 1', 'kept 2', 'kept 3', 'end'])
  },
  'takes many batches in one transaction, in their order': async (site) => {
    const values = Array.from({ length: 30 }, (_, index) => `${index}`)
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      for (const value of values) await send(transaction, site, [value])
      await transaction.commit()
    })
    expect(await readToEnd(site)).toEqual([...values, 'end'])
  },
  'keeps transactions of two producers apart in one partition': async (site) => {
    await withProducer(site, (one) =>
      withProducer(
        site,
        async (two) => {
          const [first, second] = [await one.transaction(), await two.transaction()]
          for (const round of [1, 2]) {
            await send(first, site, [`first ${round}`])
            await send(second, site, [`second ${round}`])
          }
          await second.commit()
          const { lastStableOffset } = await site.engine.bounds({ topic: site.name, partition: 0 })
          expect(lastStableOffset).toBe(0)
          await first.abort()
        },
        { transactionalId: `${site.name}-two` },
      ),
    )
    expect(await readToEnd(site)).toEqual(['second 1', 'second 2', 'end'])
  },
  'compresses records in a transaction': async (site) => {
    await withProducer(site, async (producer) => {
      for (const outcome of ['abort', 'commit'] as const) {
        const transaction = await producer.transaction()
        const values = Array.from({ length: 50 }, (_, index) => `${outcome} ${index}`)
        await send(transaction, site, values, { compression: CompressionTypes.GZIP })
        await transaction[outcome]()
      }
    })
    const read = await readToEnd(site)
    expect(read).toHaveLength(51)
    expect(read[0]).toBe('commit 0')
  },
  'leaves out an aborted transaction of many fetches': async (site) => {
    const large = 'x'.repeat(300_000)
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      for (let count = 0; count < 8; count++) await send(transaction, site, [large])
      await transaction.abort()
      await committed(site, producer, ['kept'])
    })
    expect(await readToEnd(site)).toEqual(['kept', 'end'])
  },
  'sends records of no transaction beside those of transactions': async (site) => {
    await plain(site, 'one')
    await withProducer(site, (producer) => aborted(site, producer, ['void']))
    await plain(site, 'two')
    await withProducer(site, (producer) => committed(site, producer, ['three']))
    expect(await readToEnd(site)).toEqual(['one', 'two', 'three', 'end'])
  },
  'is not let into an internal topic': async (site) => {
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      const internal = { topic: '__tailrace_offsets', messages: [{ value: 'v' }] }
      await expect(transaction.send(internal)).rejects.toThrow()
      await transaction.abort()
    })
  },
}

const fencing: Behaviours = {
  'fences the older of two producers with one transactional id': async (site) => {
    await withProducer(site, (older) =>
      withProducer(site, async (newer) => {
        const first = await older.transaction()
        await send(first, site, ['older'])
        const second = await newer.transaction()
        await send(second, site, ['newer'])
        await expect(send(first, site, ['too late'])).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
        await expect(first.commit()).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
        await second.commit()
      }),
    )
    expect(await readToEnd(site)).toEqual(['newer', 'end'])
  },
  'fences a producer that has named no partition yet': async (site) => {
    await withProducer(site, (older) =>
      withProducer(site, async (newer) => {
        await plain(site, 'first')
        const first = await older.transaction()
        await newer.transaction()
        await expect(send(first, site, ['v'])).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
      }),
    )
    expect(await readToEnd(site)).toEqual(['first', 'end'])
  },
  'aborts what a producer that went away had left open, when it comes again': async (site) => {
    await withProducer(site, async (producer) => void (await send(await producer.transaction(), site, ['lost'])))
    await withProducer(site, (producer) => committed(site, producer, ['kept']))
    expect(await readToEnd(site)).toEqual(['kept', 'end'])
  },
  'aborts a transaction that is open for too long, and fences its producer': async (site) => {
    await withProducer(
      site,
      async (producer) => {
        const transaction = await producer.transaction()
        await send(transaction, site, ['slow'])
        // Readers get beyond the transaction when its time is over.
        expect(await readToEnd(site)).toEqual(['end'])
        await expect(transaction.commit()).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
      },
      { transactionTimeout: 400 },
    )
    expect(site.engine.transactions.describe(site.name)).toMatchObject({ state: 'aborted', epoch: 1 })
  },
  'is refused a time-out of more than 15 minutes': async (site) => {
    await withProducer(
      site,
      (producer) => expect(producer.transaction()).rejects.toMatchObject({ type: 'INVALID_TRANSACTION_TIMEOUT' }),
      { transactionTimeout: 900_001 },
    )
  },
}

/** Offsets as kafkajs names them. */
function offsetsOf(site: KafkaSite, offset: number, consumerGroupId = `${site.name}-movers`) {
  return { consumerGroupId, topics: [{ topic: site.name, partitions: [{ partition: 0, offset: `${offset}` }] }] }
}

function committedOffset({ engine, name }: KafkaSite): number | undefined {
  return engine.groups.committed(`${name}-movers`, { topic: name, partition: 0 })?.offset
}

const offsets: Behaviours = {
  'commits offsets with the records, and not before': async (site) => {
    await plain(site, 'v')
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      await transaction.sendOffsets(offsetsOf(site, 1))
      expect(committedOffset(site)).toBeUndefined()
      await transaction.commit()
    })
    expect(committedOffset(site)).toBe(1)
  },
  'leaves offsets where they were when the transaction is aborted': async (site) => {
    await plain(site, 'v', 'w')
    await withProducer(site, async (producer) => {
      const first = await producer.transaction()
      await first.sendOffsets(offsetsOf(site, 1))
      await first.commit()
      const second = await producer.transaction()
      await second.sendOffsets(offsetsOf(site, 2))
      await second.abort()
    })
    expect(committedOffset(site)).toBe(1)
  },
  'keeps the last of several offsets of a partition': async (site) => {
    await plain(site, 'v', 'w')
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      for (const offset of [2, 0, 1]) await transaction.sendOffsets(offsetsOf(site, offset))
      await transaction.commit()
    })
    expect(committedOffset(site)).toBe(1)
  },
  'moves each record once, though every third transaction is aborted': async (site) => {
    const count = 15
    const target = `${site.name}-moved`
    const values = Array.from({ length: count }, (_, index) => `${index}`)
    await plain(site, ...values)
    await site.engine.topics.create({ name: target, partitions: 1 })
    await withProducer(site, (producer) => moveEach(site, producer, { target, count }))
    expect(committedOffset(site)).toBe(count)
    const reader = await readerOf(site, { topic: target })
    await reader.reads(`${count - 1}`)
    await reader.close()
    expect(reader.values).toEqual(values)
  },
}

/** Reads the topic in a group and writes each record to the target, in a transaction with its offset. */
async function moveEach(
  site: KafkaSite,
  producer: Producer,
  { target, count }: { readonly target: string; readonly count: number },
): Promise<void> {
  const groupId = `${site.name}-movers`
  const consumer = clientOf(site).consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: site.name, fromBeginning: true })
  let begun = 0
  try {
    await new Promise<void>((resolve, reject) => {
      const eachMessage = async ({ message }: { message: { offset: string; value: Buffer | null } }): Promise<void> => {
        const transaction = await producer.transaction()
        await transaction.send({ topic: target, messages: [{ value: message.value }] })
        await transaction.sendOffsets(offsetsOf(site, Number(message.offset) + 1, groupId))
        if (++begun % 3 === 0) {
          await transaction.abort()
          consumer.seek({ topic: site.name, partition: 0, offset: message.offset })
          return
        }
        await transaction.commit()
        if (Number(message.offset) === count - 1) resolve()
      }
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
      consumer.run({ autoCommit: false, eachMessage }).catch(reject)
    })
  } finally {
    await consumer.disconnect()
  }
}

/** A behaviour with a hub of its own, which it can start anew on its data directory and port. */
function restarting(
  show: (site: KafkaSite, restart: () => Promise<KafkaSite>) => Promise<void>,
): (site: KafkaSite) => Promise<void> {
  return async ({ name }) => {
    const dataDirectory = mkdtempSync(join(tmpdir(), 'tailrace-restart-'))
    let hub = await startHub({ dataDirectory, kafka: '127.0.0.1:0' })
    const site = (): KafkaSite => ({ kafka: hub.kafka ?? '', engine: hub.engine, admin: hub.admin, name })
    try {
      await show(site(), async () => {
        const { kafka } = site()
        await hub.close()
        hub = await startHub({ dataDirectory, kafka })
        return site()
      })
    } finally {
      await hub.close()
      rmSync(dataDirectory, { recursive: true })
    }
  }
}

const restarts: Behaviours = {
  'goes on in a transaction that was open when the hub was started anew': restarting(async (site, restart) => {
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      await send(transaction, site, ['a'])
      await transaction.sendOffsets(offsetsOf(site, 1))
      const again = await restart()
      expect(again.engine.transactions.describe(site.name)).toMatchObject({ state: 'ongoing' })
      expect(await again.engine.bounds({ topic: site.name, partition: 0 })).toMatchObject({ lastStableOffset: 0 })
      await send(transaction, site, ['b'])
      await transaction.commit()
      expect(committedOffset(again)).toBe(1)
      expect(await readToEnd(again)).toEqual(['a', 'b', 'end'])
    })
  }),
  'remembers what was committed and aborted when the hub is started anew': restarting(async (site, restart) => {
    await withProducer(site, async (producer) => {
      await committed(site, producer, ['kept'])
      await aborted(site, producer, ['void'])
    })
    const again = await restart()
    expect(await readToEnd(again)).toEqual(['kept', 'end'])
    const all = await readToEnd(again, { readUncommitted: true, end: 'very end' })
    expect(all).toEqual(['kept', 'void', 'end', 'very end'])
  }),
  'fences across a start what was open before it': restarting(async (site, restart) => {
    await withProducer(site, async (older) => {
      const first = await older.transaction()
      await send(first, site, ['older'])
      const again = await restart()
      await withProducer(again, (newer) => committed(again, newer, ['newer']))
      await expect(send(first, site, ['too late'])).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' })
      expect(await readToEnd(again)).toEqual(['newer', 'end'])
    })
  }),
  'aborts after a start a transaction that nobody ends': restarting(async (site, restart) => {
    const settings = { transactionTimeout: 400 }
    await withProducer(
      site,
      async (producer) => void (await send(await producer.transaction(), site, ['lost'])),
      settings,
    )
    expect(await readToEnd(await restart())).toEqual(['end'])
  }),
}

behavioursOf('kafkajs in transactions', { ...records, ...fencing, ...offsets, ...restarts })

async function kcatReads({ kafka, name }: KafkaSite, isolation: string): Promise<string[]> {
  const isolated = ['-X', `isolation.level=${isolation}`]
  const ran = await run('kcat', ['-b', kafka, '-C', '-t', name, '-e', '-q', '-o', 'beginning', ...isolated])
  expect(ran.exitCode, ran.stderr).toBe(0)
  return ran.stdout.split('\n').slice(0, -1)
}

const readByKcat: Behaviours = {
  'reads committed transactions and leaves out aborted ones': async (site) => {
    await withProducer(site, async (producer) => {
      await committed(site, producer, ['a', 'b'])
      await aborted(site, producer, ['void'])
      await committed(site, producer, ['c'])
    })
    expect(await kcatReads(site, 'read_committed')).toEqual(['a', 'b', 'c'])
  },
  'ends before an open transaction': async (site) => {
    await plain(site, 'before')
    await withProducer(site, async (producer) => {
      const transaction = await producer.transaction()
      await send(transaction, site, ['open'])
      await plain(site, 'behind')
      expect(await kcatReads(site, 'read_committed')).toEqual(['before'])
      expect(await kcatReads(site, 'read_uncommitted')).toEqual(['before', 'open', 'behind'])
      await transaction.commit()
    })
    expect(await kcatReads(site, 'read_committed')).toEqual(['before', 'open', 'behind'])
  },
  'leaves out an aborted transaction that lies among others': async (site) => {
    await withProducer(site, (one) =>
      withProducer(
        site,
        async (two) => {
          const [first, second] = [await one.transaction(), await two.transaction()]
          await send(first, site, ['first'])
          await send(second, site, ['void'])
          await second.abort()
          await send(first, site, ['first again'])
          await first.commit()
        },
        { transactionalId: `${site.name}-two` },
      ),
    )
    expect(await kcatReads(site, 'read_committed')).toEqual(['first', 'first again'])
  },
}

behavioursOf('kcat beside transactions', readByKcat, missing('kcat', ['-V']))
