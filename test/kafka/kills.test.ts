// Producers over the Kafka port while the process is killed: what was acknowledged is there, once, where it was said.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { expect, it } from 'vitest'
import { RecordCursor } from '../../core/record/record-cursor.js'
import { openEngine } from '../../hub/library.js'
import { runHub, type RunningHub } from '../cli/tailrace-process.js'

const partitions = 3
const kills = 4
const acknowledgedPerLife = 300

/** What a producer was told: `partition:offset` of each value. */
type Ledger = Map<string, string>

/** Sends values one after the other, several at a time, until the connection breaks. */
async function produceUntilKilled(hub: RunningHub, life: number, ledger: Ledger): Promise<void> {
  const retry = { retries: 1, initialRetryTime: 50 }
  const kafka = new Kafka({ clientId: `life-${life}`, brokers: [hub.kafka], logLevel: logLevel.NOTHING, retry })
  const producer = kafka.producer({ idempotent: true, retry, maxInFlightRequests: 1 })
  await producer.connect()
  let sent = 0
  const lane = async (partition: number): Promise<void> => {
    for (;;) {
      const value = `${life}-${sent++}`
      const [answer] = await producer.send({ topic: 'ledger', acks: -1, messages: [{ value, partition }] })
      ledger.set(value, `${partition}:${answer?.baseOffset}`)
      if (ledger.size === (life + 1) * acknowledgedPerLife) hub.child.kill('SIGKILL')
    }
  }
  const lanes = Array.from({ length: partitions }, (_, partition) => lane(partition))
  await Promise.allSettled(lanes)
  await producer.disconnect().catch(() => undefined) // the other end is gone
}

/** Every record in the log, by its value: all places where it stands. */
async function placesInLog(directory: string): Promise<Map<string, string[]>> {
  const engine = await openEngine({ directory })
  const places = new Map<string, string[]>()
  const cursor = new RecordCursor()
  const limits = { minBytes: 0, maxBytes: 1024 * 1024, maxWaitMs: 0, isolation: 'durable' } as const
  for (let partition = 0; partition < partitions; partition++) {
    const of = { topic: 'ledger', partition }
    const { highWatermark } = await engine.bounds(of)
    for (let offset = 0; offset < highWatermark; ) {
      const read = { ...of, offset, maxBytes: limits.maxBytes }
      const { chunks } = await engine.read([read], limits, new AbortController().signal)
      cursor.reset(chunks[0]?.batches ?? Buffer.alloc(0))
      while (cursor.next()) {
        const value = String(cursor.value())
        places.set(value, [...(places.get(value) ?? []), `${partition}:${cursor.offset}`])
      }
      offset = chunks[0]?.nextOffset ?? highWatermark
    }
  }
  await engine.close()
  return places
}

it('every acknowledged record is there once, at its acknowledged offset, through kill -9', {
  timeout: 120_000,
}, async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'tailrace-kills-'))
  try {
    const pipeline = { version: 1, name: 'kills', topics: { ledger: { partitions } } }
    writeFileSync(join(cwd, 'kills.json'), JSON.stringify(pipeline))
    const ledger: Ledger = new Map()
    for (let life = 0; life < kills; life++) {
      const hub = await runHub(['kills.json', '--kafka', '127.0.0.1:0', '--http', 'off'], { cwd })
      try {
        await produceUntilKilled(hub, life, ledger)
      } finally {
        await hub.stop('SIGKILL')
      }
    }
    const places = await placesInLog(join(cwd, '.tailrace'))
    expect(ledger.size).toBeGreaterThanOrEqual(kills * acknowledgedPerLife)
    for (const [value, place] of ledger) expect(places.get(value), value).toEqual([place])
    const doubled = [...places].filter(([, found]) => found.length > 1)
    expect(doubled).toEqual([])
  } finally {
    rmSync(cwd, { recursive: true })
  }
})
