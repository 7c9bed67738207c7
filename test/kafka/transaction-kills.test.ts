// Records moved by kafkajs from topic to topic, each in a transaction with the offset of what was read, while the hub is
// killed in every part of a transaction: each is there once, in its order.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type EachMessagePayload, Kafka, logLevel, type Transaction } from 'kafkajs'
import { expect, it } from 'vitest'
import { RecordCursor } from '../../core/record/record-cursor.js'
import { openEngine } from '../../hub/library.js'
import { runHub, type RunningHub } from '../cli/tailrace-process.js'

const group = 'movers'
const recordCount = 60
/** Transactions that are committed in each life but the last. */
const committedPerLife = 8

/** What has happened in a transaction when the hub dies. */
const parts = ['begun', 'written', 'offsets given', 'end asked for', 'ended'] as const
type Part = (typeof parts)[number]

const values = Array.from({ length: recordCount }, (_, index) => `${index}`)

function clientOf({ kafka }: RunningHub): Kafka {
  const retry = { retries: 1, initialRetryTime: 50 }
  return new Kafka({ clientId: 'mover', brokers: [kafka], logLevel: logLevel.NOTHING, retry })
}

async function fillSource(hub: RunningHub): Promise<void> {
  const producer = clientOf(hub).producer()
  await producer.connect()
  await producer.send({ topic: 'source', messages: values.map((value) => ({ value })) })
  await producer.disconnect()
}

/** Moves records until the hub is killed in that part of a transaction, or without one until all are moved. */
async function move(hub: RunningHub, dies: Part | undefined): Promise<void> {
  const client = clientOf(hub)
  const producer = client.producer({ transactionalId: 'mover', idempotent: true, maxInFlightRequests: 1 })
  const consumer = client.consumer({
    groupId: group,
    sessionTimeout: 1000,
    heartbeatInterval: 200,
    rebalanceTimeout: 1500,
    maxWaitTimeInMs: 100,
  })
  await producer.connect()
  await consumer.connect()
  await consumer.subscribe({ topic: 'source', fromBeginning: true })
  let committed = 0
  const reached = (part: Part): void => {
    if (part === dies && committed >= committedPerLife) hub.child.kill('SIGKILL')
  }
  const all = new Promise<void>((resolve) => {
    const eachMessage = async ({ message }: EachMessagePayload): Promise<void> => {
      await moveOne(await producer.transaction(), message, reached)
      committed++
      if (Number(message.offset) === recordCount - 1) resolve()
    }
    // When the hub dies it fails, and the life is over.
    void consumer.run({ autoCommit: false, eachMessage }).catch(() => undefined)
  })
  await Promise.race([all, hub.end])
  await Promise.allSettled([consumer.disconnect(), producer.disconnect()])
}

async function moveOne(
  transaction: Transaction,
  { offset, value }: EachMessagePayload['message'],
  reached: (part: Part) => void,
): Promise<void> {
  reached('begun')
  await transaction.send({ topic: 'target', messages: [{ value }] })
  reached('written')
  const partitions = [{ partition: 0, offset: `${Number(offset) + 1}` }]
  await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic: 'source', partitions }] })
  reached('offsets given')
  const end = transaction.commit()
  reached('end asked for')
  await end
  reached('ended')
}

/** The committed records of the target, and what the group has committed. */
async function movedIn(directory: string): Promise<{ readonly moved: string[]; readonly offset: number | undefined }> {
  const engine = await openEngine({ directory })
  try {
    const of = { topic: 'target', partition: 0 }
    const { highWatermark } = await engine.bounds(of)
    const limits = { minBytes: 0, maxBytes: 1024 * 1024, maxWaitMs: 0, isolation: 'durable' } as const
    const moved: string[] = []
    const cursor = new RecordCursor()
    for (let offset = 0; offset < highWatermark; ) {
      const read = { ...of, offset, maxBytes: limits.maxBytes }
      const { chunks } = await engine.read([read], limits, new AbortController().signal)
      cursor.reset(chunks[0]?.batches ?? Buffer.alloc(0))
      while (cursor.next()) moved.push(String(cursor.value()))
      offset = chunks[0]?.nextOffset ?? highWatermark
    }
    return { moved, offset: engine.groups.committed(group, { topic: 'source', partition: 0 })?.offset }
  } finally {
    await engine.close()
  }
}

it('each record is moved once, in its order, through kill -9 in every part of a transaction', {
  timeout: 120_000,
}, async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'tailrace-moves-'))
  try {
    const topics = { source: { partitions: 1 }, target: { partitions: 1 } }
    writeFileSync(join(cwd, 'moves.json'), JSON.stringify({ version: 1, name: 'moves', topics }))
    const arguments_ = ['moves.json', '--kafka', '127.0.0.1:0', '--http', 'off']
    for (const [life, part] of [...parts, undefined].entries()) {
      const hub = await runHub(arguments_, { cwd })
      try {
        if (life === 0) await fillSource(hub)
        await move(hub, part)
        expect(hub.child.signalCode).toBe(part === undefined ? null : 'SIGKILL')
      } finally {
        await hub.stop('SIGKILL')
      }
    }
    const { moved, offset } = await movedIn(join(cwd, '.tailrace'))
    expect(moved).toEqual(values)
    expect(offset).toBe(recordCount)
  } finally {
    rmSync(cwd, { recursive: true })
  }
})
