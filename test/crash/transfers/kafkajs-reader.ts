// Reads topics from their beginnings to their ends with kafkajs, as who reads what is committed.

import kafkajs, { type Consumer } from 'kafkajs'
import type { ReadPartition, ReadRecord } from '../kcat-reader.js'
import type { PartitionEnd } from './offsets.js'

const mostReadMs = 120_000

/** All partitions, in the order of their ends. Rejects when that takes too long. */
export async function readWithKafkajs(address: string, ends: readonly PartitionEnd[]): Promise<ReadPartition[]> {
  const kafka = new kafkajs.Kafka({ clientId: 'reader', brokers: [address], logLevel: kafkajs.logLevel.NOTHING })
  const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100, readUncommitted: false })
  const records = new Map(ends.map((end) => [nameOf(end), [] as ReadRecord[]]))
  await consumer.connect()
  try {
    const topics = [...new Set(ends.map(({ topic }) => topic))]
    await consumer.subscribe({ topics, fromBeginning: true })
    const run = consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        const { offset, timestamp, value } = message
        const record = { offset: Number(offset), timestampMs: Number(timestamp), text: String(value) }
        records.get(nameOf({ topic, partition }))!.push(record)
      },
    })
    await Promise.all([run, untilEnds(consumer, ends)])
  } finally {
    await consumer.disconnect()
  }
  return ends.map(({ topic, partition }) => ({ topic, partition, records: records.get(nameOf({ topic, partition }))! }))
}

/** What is left out of a batch, up to all of it, counts: its last offset says how far a reader is. */
function untilEnds(consumer: Consumer, ends: readonly PartitionEnd[]): Promise<void> {
  const left = new Map(ends.filter((end) => end.highWatermark > 0).map((end) => [nameOf(end), end.highWatermark]))
  return new Promise((resolve, reject) => {
    AbortSignal.timeout(mostReadMs).addEventListener('abort', () => {
      reject(new Error(`kafkajs did not come to the ends of ${[...left.keys()].join(', ')} in ${mostReadMs} ms`))
    })
    consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error))
    consumer.on(consumer.events.END_BATCH_PROCESS, ({ payload: { topic, partition, lastOffset } }) => {
      const name = nameOf({ topic, partition })
      if (Number(lastOffset) + 1 >= (left.get(name) ?? 0)) left.delete(name)
      if (left.size === 0) resolve()
    })
  })
}

function nameOf({ topic, partition }: { readonly topic: string; readonly partition: number }): string {
  return `${topic} ${partition}`
}
