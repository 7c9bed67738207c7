// From the commit of a transaction to its record in the hands of a reader of the log, at 500 transactions a second. The
// hub is in this process, so that one clock sees both; the load is in it as well.

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LogEngine } from '../../core/engine/log-engine.js'
import { RecordCursor } from '../../core/record/record-cursor.js'
import { startHub } from '../../hub/start-hub.js'
import type { PostgresServer } from '../../test/support/postgres/postgres-server.js'
import { percentile, printFigure, spreadOf } from '../measure/pairs.js'
import { publication, table, tableColumns } from './bench-database.js'
import { writeSource } from './hub-pipeline.js'
import type { PostgresSection, PostgresSetting } from './section.js'

const perSecond = 500
const transactions = 5000
const warmUp = 500
const connections = 4
const slot = 'latency'

export const latencySection: PostgresSection = { name: 'commit to readable in the log', run: latency }

async function latency(name: string, { server, directory, pairs }: PostgresSetting): Promise<void> {
  const medians: number[] = []
  const tails: number[] = []
  for (let round = 0; round < pairs; round++) {
    const measured = await measure(server, join(directory, `data-${round}`), directory)
    medians.push(percentile(measured, 0.5))
    tails.push(percentile(measured, 0.99))
  }
  printFigure(`${name}, p50`, spreadOf(medians), 'ms')
  printFigure(`${name}, p99`, spreadOf(tails), 'ms')
}

/** Milliseconds from the answer to a COMMIT until its record was read; 0 for a record that was faster. */
async function measure(server: PostgresServer, dataDirectory: string, directory: string): Promise<readonly number[]> {
  await server.run(`DROP PUBLICATION IF EXISTS ${publication}`)
  await server.run(`DROP TABLE IF EXISTS ${table}; CREATE TABLE ${table} (${tableColumns})`)
  const file = writeSource(directory, { url: server.url(), slot, mode: 'never', format: 'flat' })
  const hub = await startHub({ files: [file], dataDirectory })
  try {
    await streaming(server)
    const readAt = readAll(hub.engine)
    const committedAt = await commitAll(server)
    const arrived = await readAt
    return committedAt.slice(warmUp).map((atMs, index) => Math.max(0, arrived[index + warmUp]! - atMs))
  } finally {
    await hub.close()
    await server.run(`SELECT pg_drop_replication_slot('${slot}')`)
  }
}

async function streaming(server: PostgresServer): Promise<void> {
  for (;;) {
    const { rowCount } = await server.run(`SELECT FROM pg_stat_replication WHERE state = 'streaming'`)
    if (rowCount === 1) return
    await sleep(20)
  }
}

async function commitAll(server: PostgresServer): Promise<readonly number[]> {
  const clients = await Promise.all(Array.from({ length: connections }, () => server.connect()))
  const committedAt: number[] = []
  const startedMs = performance.now()
  const text = `INSERT INTO ${table} VALUES ($1, 1, now(), 'new', 9.99, true, 'note', 1.5, NULL, '2026-01-01')`
  await Promise.all(
    clients.map(async (client, first) => {
      for (let number = first; number < transactions; number += connections) {
        const early = startedMs + (number / perSecond) * 1000 - performance.now()
        if (early > 0) await sleep(early)
        await client.query({ name: 'insert', text, values: [number] })
        committedAt[number] = performance.now()
      }
    }),
  )
  for (const client of clients) await client.end()
  return committedAt
}

/** When each row's record was read, by the number of the row. */
async function readAll(engine: LogEngine): Promise<readonly number[]> {
  const readAt: number[] = []
  const limits = { minBytes: 1, maxBytes: 1 << 20, maxWaitMs: 1000, isolation: 'durable' } as const
  const { signal } = new AbortController()
  const cursor = new RecordCursor()
  for (let offset = 0, count = 0; count < transactions; ) {
    const wanted = [{ topic: 'orders', partition: 0, offset, maxBytes: 1 << 20 }]
    const chunk = (await engine.read(wanted, limits, signal)).chunks[0]!
    const atMs = performance.now()
    cursor.reset(chunk.batches)
    while (cursor.next()) {
      if (cursor.offset < offset) continue
      const { id } = JSON.parse(String(cursor.value())) as { readonly id: number }
      readAt[id] = atMs
      count++
    }
    offset = chunk.nextOffset
  }
  return readAt
}
