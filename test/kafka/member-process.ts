// A member of a group in a process of its own, so that it can be killed: `member-process.js CLIENT HOST:PORT TOPIC GROUP`.
// It prints `KIND NANOSECONDS PARTITION OFFSET` for what it does, before it goes on, on a clock that all processes
// share: joined (without partition and offset), read, committing, committed.

import { writeSync } from 'node:fs'
import { Consumer, stringDeserializers } from '@platformatic/kafka'
import kafkajs from 'kafkajs'

const [client, address = '', topic = '', groupId = ''] = process.argv.slice(2)
const session = { sessionTimeout: 1500, rebalanceTimeout: 5000, heartbeatInterval: 200 }
const recordsPerCommit = 7

// At once, as a line that waits in memory dies with the process.
const print = (kind: string, partition = -1, offset: number | string | bigint = -1): void => {
  writeSync(1, `${kind} ${process.hrtime.bigint()} ${partition} ${offset}\n`)
}

await (client === 'kafkajs' ? runKafkajs() : runPlatformatic())

async function runKafkajs(): Promise<void> {
  const kafka = new kafkajs.Kafka({
    clientId: `${process.pid}`,
    brokers: [address],
    logLevel: kafkajs.logLevel.NOTHING,
  })
  const fetches = { maxWaitTimeInMs: 100, maxBytesPerPartition: 2048 }
  const consumer = kafka.consumer({ groupId, ...session, ...fetches })
  consumer.on(consumer.events.GROUP_JOIN, () => print('joined'))
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({
    autoCommit: false,
    eachBatchAutoResolve: false,
    async eachBatch({ batch: { partition, messages }, resolveOffset, heartbeat }) {
      for (let from = 0; from < messages.length; from += recordsPerCommit) {
        const part = messages.slice(from, from + recordsPerCommit)
        for (const { offset } of part) print('read', partition, offset)
        const next = String(Number(part.at(-1)!.offset) + 1)
        print('committing', partition, next)
        await consumer.commitOffsets([{ topic, partition, offset: next }])
        print('committed', partition, next)
        resolveOffset(part.at(-1)!.offset)
        await heartbeat()
      }
    },
  })
}

async function runPlatformatic(): Promise<void> {
  const consumer = new Consumer({
    clientId: `${process.pid}`,
    groupId,
    bootstrapBrokers: [address],
    deserializers: stringDeserializers,
    autocommit: false,
    maxWaitTime: 100,
    maxBytes: 2048,
    highWaterMark: 8,
    ...session,
  })
  consumer.on('consumer:group:join', () => print('joined'))
  const stream = await consumer.consume({ topics: [topic], mode: 'committed', fallbackMode: 'earliest' })
  for await (const message of stream) {
    print('read', message.partition, message.offset)
    if (message.offset % BigInt(recordsPerCommit) !== 0n) continue
    print('committing', message.partition, message.offset + 1n)
    try {
      await message.commit()
      print('committed', message.partition, message.offset + 1n)
    } catch (error) {
      // From the generation before: whoever has the partition now reads this part again.
      if (!(error instanceof Error && 'code' in error)) throw error
    }
  }
}
