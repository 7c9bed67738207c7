import { mkdtempSync, rmSync, truncateSync, unlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openEmbeddedEngine } from '../../../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import type { TransactionIdentity } from '../../../core/engine/transaction-service.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../core/runtime/node-world.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { TransactionalProducer } from '../../contracts/log-engine/transactional-producer.js'

let directory: string

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tailrace-repair-'))
})

afterEach(() => rmSync(directory, { recursive: true, force: true }))

function open(acceptsLoss: boolean): Promise<LogEngine> {
  const journal = { fileBytes: 10 * 1024 * 1024, maxFiles: 4 }
  return openEmbeddedEngine({
    directory,
    world: nodeWorld(),
    logger: silentLogger,
    recorder: silentRecorder,
    journal,
    acceptsLoss,
  })
}

/** Twenty records of 1,000 bytes over several segments of topic `t`, and one of topic `other`. */
async function fill(): Promise<void> {
  const engine = await open(false)
  await engine.topics.create({ name: 't', partitions: 1, settings: { segmentBytes: 4096 } })
  await engine.topics.create({ name: 'other', partitions: 1 })
  for (let value = 0; value < 20; value++) {
    const batch = encodeBatch([{ key: null, value: Buffer.alloc(1000, value), timestampMs: value }])
    await engine.append([{ topic: 't', partition: 0, batch }])
  }
  await engine.append([
    { topic: 'other', partition: 0, batch: encodeBatch([{ key: null, value: Buffer.from('x'), timestampMs: 1 }]) },
  ])
  await engine.close()
}

async function readable(engine: LogEngine, topic: string): Promise<number> {
  let records = 0
  let offset = 0
  const limits = { minBytes: 0, maxBytes: 1024 * 1024, maxWaitMs: 0, isolation: 'durable' } as const
  for (;;) {
    const { chunks } = await engine.read(
      [{ topic, partition: 0, offset, maxBytes: 1 }],
      limits,
      new AbortController().signal,
    )
    const chunk = chunks[0]
    if (chunk?.error !== undefined) throw chunk.error
    if (chunk === undefined || chunk.nextOffset === offset) return records
    if (chunk.batches.length > 0) records++
    offset = chunk.nextOffset
  }
}

const segment = (base: number): string => join(directory, 'topics/t-0', `${String(base).padStart(20, '0')}.log`)

test('refuses to start without a segment that was synced, names it, and opens after the loss was accepted', async () => {
  await fill()
  unlinkSync(segment(3))
  await expect(open(false)).rejects.toMatchObject({
    code: 'segment_missing',
    message: expect.stringContaining('of t-0 has 0 of the'),
  })
  await (await open(true)).close()
  const engine = await open(false)
  expect(await readable(engine, 't')).toBe(17)
  expect(await readable(engine, 'other')).toBe(1)
  expect((await engine.bounds({ topic: 't', partition: 0 })).highWatermark).toBe(20)
  await engine.close()
})

test('keeps the intact batches of a segment that was cut', async () => {
  await fill()
  truncateSync(segment(3), 1500)
  await expect(open(false)).rejects.toMatchObject({ code: 'segment_missing' })
  const engine = await open(true)
  expect(await readable(engine, 't')).toBe(18)
  await engine.close()
})

/** Seven records of 1,000 bytes; the segment from 3 on begins with one of a transaction that stays open. */
async function fillAroundOpen(): Promise<TransactionIdentity> {
  const engine = await open(false)
  await engine.topics.create({ name: 't', partitions: 1, settings: { segmentBytes: 4096 } })
  const of = { topic: 't', partition: 0 }
  const append = async (): Promise<void> => {
    for (let count = 0; count < 3; count++) {
      const batch = encodeBatch([{ key: null, value: Buffer.alloc(1000), timestampMs: 1 }])
      await engine.append([{ ...of, batch }])
    }
  }
  await append()
  const producer = await TransactionalProducer.open(engine, 'tx')
  await producer.send(of, 'x'.repeat(1000))
  await append()
  await engine.close()
  return producer.identity
}

test.each([
  ['is missing', unlinkSync],
  ['is cut', (path: string) => truncateSync(path, 0)],
])('gives readers what stands before an open transaction of which the segment %s', async (_how, lose) => {
  const identity = await fillAroundOpen()
  lose(segment(3))
  const engine = await open(true)
  expect(await readable(engine, 't')).toBe(3)
  await engine.transactions.end(identity, 'commit')
  expect(await readable(engine, 't')).toBe(4)
  await engine.close()
})

test('gives up an open transaction of which nothing is left, and takes what is appended from then on', async () => {
  const identity = await fillAroundOpen()
  for (const base of [3, 6]) unlinkSync(segment(base))
  const engine = await open(true)
  expect(await readable(engine, 't')).toBe(3)
  const batch = encodeBatch([{ key: null, value: Buffer.alloc(1000), timestampMs: 1 }])
  await engine.append([{ topic: 't', partition: 0, batch }])
  expect(await readable(engine, 't')).toBe(4)
  await engine.transactions.end(identity, 'commit')
  expect(await readable(engine, 't')).toBe(4)
  await engine.close()
})
