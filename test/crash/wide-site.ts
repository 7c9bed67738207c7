// A table of numbered rows in a Postgres server, a hub that takes its changes into one topic, and a reader of that topic.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { startHub } from '../../hub/start-hub.js'
import { RecordCursor } from '../../core/record/record-cursor.js'
import { wideTable } from '../connectors/postgres/loads/wide-rows.js'
import type { PostgresServer } from '../support/postgres/postgres-server.js'
import type { HubSite } from './hub-process.js'

export const wideSlot = 'wide'

export interface WideSite extends HubSite {
  readonly topicDirectory: string
  remove(): void
}

const topic = 'wide'
const patienceMs = 240_000
const pollMs = 100
const readBytes = 8 << 20

export interface WideParts {
  readonly sinks?: object
  /** Whether the server may send what is not committed yet. */
  readonly streaming?: boolean
}

/** The table is made; the parts go into the pipeline file. */
export async function makeWideSite(server: PostgresServer, parts: WideParts = {}): Promise<WideSite> {
  const { sinks = {}, streaming: isStreaming = true } = parts
  await server.run(wideTable)
  const directory = fs.mkdtempSync(join(tmpdir(), 'tailrace-wide-'))
  const pipelineFile = join(directory, 'wide.json')
  const dataDirectory = join(directory, 'data')
  process.env['TAILRACE_WIDE'] = server.url()
  const db = {
    type: 'postgres-cdc',
    url: { $env: 'TAILRACE_WIDE' },
    slot: wideSlot,
    publication: 'wide',
    tables: ['public.wide'],
    create: true,
    streaming: isStreaming,
    heartbeat: '1s',
    to: topic,
  }
  const topics = { [topic]: { partitions: 1 } }
  fs.writeFileSync(pipelineFile, JSON.stringify({ version: 1, name: 'wide', topics, sources: { db }, sinks }))
  return {
    directory,
    pipelineFile,
    dataDirectory,
    topicDirectory: join(dataDirectory, 'topics', `${topic}-0`),
    remove: () => fs.rmSync(directory, { recursive: true, force: true }),
  }
}

export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + patienceMs
  while (!(await isSo())) {
    if (performance.now() > deadlineMs) throw new Error(`${patienceMs} ms were not enough until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, pollMs))
  }
}

/** Resolves when the server streams to the hub: what is done from now on comes as changes. */
export async function streaming(client: pg.Client): Promise<void> {
  await until('the server streamed', async () => {
    const { rowCount } = await client.query(
      `SELECT FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
        WHERE s.slot_name = '${wideSlot}' AND r.state = 'streaming'`,
    )
    return rowCount === 1
  })
}

/** Resolves when all that was committed up to now is fsynced in the log. */
export async function confirmed(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn()::text AS lsn')
  await until('the log held all changes', async () => {
    const slots = await client.query<{ reached: boolean }>(
      `SELECT confirmed_flush_lsn >= $1::pg_lsn AS reached FROM pg_replication_slots WHERE slot_name = '${wideSlot}'`,
      [rows[0]!.lsn],
    )
    return slots.rows[0]?.reached === true
  })
}

interface WideChange {
  readonly op: string
  readonly after: { readonly id: number } | null
}

/** The inserted rows as they stand in the log, one after the other. */
export interface InsertedRows {
  readonly numbers: Int32Array
  /** `pg.seq`: the place of the change in its transaction, from 1. */
  readonly sequences: Int32Array
  /** `pg.last`: 1 for what ends its transaction. */
  readonly ends: Uint8Array
}

/** Reads those of a hub that has ended. */
export async function insertedRows(site: WideSite): Promise<InsertedRows> {
  const hub = await startHub({ dataDirectory: site.dataDirectory })
  try {
    const { logStartOffset, highWatermark } = await hub.engine.bounds({ topic, partition: 0 })
    const most = highWatermark - logStartOffset
    const [numbers, sequences, ends] = [new Int32Array(most), new Int32Array(most), new Uint8Array(most)]
    const limits = { minBytes: 1, maxBytes: readBytes, maxWaitMs: 0, isolation: 'durable' } as const
    const { signal } = new AbortController()
    let count = 0
    for (let offset = logStartOffset; offset < highWatermark; ) {
      const wanted = [{ topic, partition: 0, offset, maxBytes: readBytes }]
      const chunk = (await hub.engine.read(wanted, limits, signal)).chunks[0]!
      const cursor = new RecordCursor()
      cursor.reset(chunk.batches)
      while (cursor.next()) {
        if (cursor.offset < offset) continue
        const { op, after } = JSON.parse(String(cursor.value())) as WideChange
        if (op !== 'c') continue
        for (const { key, value } of cursor.headers()) {
          if (key === 'pg.seq') sequences[count] = Number(String(value))
          if (key === 'pg.last') ends[count] = 1
        }
        numbers[count++] = after!.id
      }
      offset = chunk.nextOffset
    }
    return rowsUpTo({ numbers, sequences, ends }, count)
  } finally {
    await hub.close()
  }
}

export function rowsUpTo({ numbers, sequences, ends }: InsertedRows, count: number): InsertedRows {
  return {
    numbers: numbers.subarray(0, count),
    sequences: sequences.subarray(0, count),
    ends: ends.subarray(0, count),
  }
}

export interface Expectation {
  readonly rowCount: number
  readonly rowsPerTransaction: number
}

/** Throws unless they are 1 … `rowCount`, each once, in order, numbered within their transactions, whose ends are told. */
export function requireAll({ numbers, sequences, ends }: InsertedRows, expected: Expectation): void {
  const { rowCount, rowsPerTransaction } = expected
  if (numbers.length !== rowCount) throw new Error(`the log holds ${numbers.length} rows instead of ${rowCount}`)
  for (let index = 0; index < rowCount; index++) {
    const sequence = (index % rowsPerTransaction) + 1
    const isEnd = sequence === rowsPerTransaction
    if (numbers[index] !== index + 1) throw new Error(`row ${index + 1} in the log is number ${numbers[index]}`)
    if (sequences[index] !== sequence)
      throw new Error(`row ${index + 1} is change ${sequences[index]}, not ${sequence}`)
    if ((ends[index] === 1) !== isEnd)
      throw new Error(`row ${index + 1} ${isEnd ? 'does not end' : 'ends'} a transaction`)
  }
}
