// A database, a hub in this process with a source on it, and what came into the topics: what a behaviour of the source
// is tested with.

import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { type Hub, startHub } from '../../../hub/start-hub.js'
import { missingReason, type PostgresVersion } from '../../support/postgres/postgres-binaries.js'
import { type PostgresOptions, type PostgresServer, startPostgres } from '../../support/postgres/postgres-server.js'

/** What a busy machine may take; nothing is measured by it. */
export const patienceMs = 30_000

export interface SeenRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: unknown
  /** Parsed; null for a tombstone. */
  readonly value: Readonly<Record<string, unknown>> | null
  readonly headers: Readonly<Record<string, string>>
  readonly timestampMs: number
}

export interface CdcSiteOptions {
  /** Run in the new database before the source is. */
  readonly sql?: string
  /** Over the settings of the source. */
  readonly source?: object
  readonly topics?: object
  readonly file?: object
}

export class CdcSite {
  readonly server: PostgresServer
  readonly database: string
  readonly sql: pg.Client
  readonly folder = fs.mkdtempSync(join(tmpdir(), 'tailrace-cdc-'))
  hub: Hub | undefined
  readonly #options: CdcSiteOptions

  private constructor(server: PostgresServer, options: CdcSiteOptions, sql: pg.Client) {
    this.#options = options
    this.server = server
    this.database = sql.database ?? ''
    this.sql = sql
  }

  /** Closed by the caller. */
  static async open(server: PostgresServer, options: CdcSiteOptions = {}): Promise<CdcSite> {
    const sql = await server.connect(await server.createDatabase())
    if (options.sql !== undefined) await sql.query(options.sql)
    return new CdcSite(server, options, sql)
  }

  get slot(): string {
    return `slot_${this.database}`
  }

  get #urlName(): string {
    return `TAILRACE_TEST_${this.server.port}_${this.database}`
  }

  /** Runs one statement or several. */
  async run(sql: string): Promise<readonly Record<string, unknown>[]> {
    const result = (await this.sql.query(sql)) as pg.QueryResult | pg.QueryResult[]
    return (Array.isArray(result) ? result.at(-1)! : result).rows
  }

  /** The pipeline file as it is written; what is given goes over the source's settings. */
  declare(source: object = {}): string {
    const file = join(this.folder, 'pipeline.json')
    const pipeline = {
      version: 1,
      name: 'shop',
      topics: this.#options.topics ?? {},
      sources: {
        db: {
          type: 'postgres-cdc',
          url: { $env: this.#urlName },
          slot: this.slot,
          publication: 'shop',
          tables: ['public.*'],
          create: true,
          to: 'all',
          ...this.#options.source,
          ...source,
        },
      },
      ...this.#options.file,
    }
    fs.writeFileSync(file, JSON.stringify(pipeline))
    return file
  }

  async start(source: object = {}, url = this.server.url(this.database)): Promise<void> {
    process.env[this.#urlName] = url
    this.hub = await startHub({ files: [this.declare(source)], dataDirectory: join(this.folder, 'hub') })
  }

  async stop(): Promise<void> {
    await this.hub?.close()
    this.hub = undefined
  }

  /** Waits until the server streams: what is done from now on comes as changes. */
  async streaming(): Promise<void> {
    await vi.waitFor(
      async () => {
        const found = await this.run(
          `SELECT FROM pg_replication_slots s JOIN pg_stat_replication r ON r.pid = s.active_pid
            WHERE s.slot_name = '${this.slot}' AND r.state IN ('catchup', 'streaming')`,
        )
        expect(found, this.problem()).toHaveLength(1)
      },
      { timeout: patienceMs, interval: 20 },
    )
  }

  /** What the source complains of; undefined when it does not. */
  problem(): string | undefined {
    const [edge] = this.hub?.edges() ?? []
    return edge?.error === undefined ? undefined : `${edge.error.code}: ${edge.error.message}`
  }

  /** Waits until the source complains (of `what`), and says of what. */
  async complaint(what = /./): Promise<string> {
    return vi.waitFor(
      () => {
        const problem = this.problem()
        if (problem === undefined || !what.test(problem)) throw new Error(problem ?? 'the source does not complain')
        return problem
      },
      { timeout: patienceMs, interval: 20 },
    )
  }

  /** What the source is told to do about it; all that it says. */
  hint(): string {
    return this.hub?.edges()[0]?.error?.hint ?? ''
  }

  complaintText(): string {
    return JSON.stringify(this.hub?.edges()[0]?.error)
  }

  /** Copies the data directory of a hub that is stopped; what it gives puts the copy back. */
  backUp(): () => void {
    const [directory, copy] = [join(this.folder, 'hub'), join(this.folder, 'copy')]
    fs.cpSync(directory, copy, { recursive: true })
    return () => {
      fs.rmSync(directory, { recursive: true })
      fs.cpSync(copy, directory, { recursive: true })
    }
  }

  /** The first `count` records of the topic, in the order of their offsets. */
  async records(count: number, topic = 'all'): Promise<readonly SeenRecord[]> {
    return vi.waitFor(
      async () => {
        const found = await this.recordsNow(topic)
        expect(found.length, this.problem()).toBeGreaterThanOrEqual(count)
        return found
      },
      { timeout: patienceMs, interval: 20 },
    )
  }

  /** What stands in the topic now. */
  async recordsNow(topic = 'all'): Promise<readonly SeenRecord[]> {
    const engine = this.hub!.engine
    const partitions = engine.topics.find(topic)?.partitions ?? 0
    const found: SeenRecord[] = []
    for (let partition = 0; partition < partitions; partition++) {
      found.push(...(await this.#recordsOf(topic, partition)))
    }
    return found
  }

  /** Waits until everything that was written up to now is in the log, and gives what is there. */
  async settled(topic = 'all'): Promise<readonly SeenRecord[]> {
    // Where nothing was written since the slot was made, what it was made with is no sign.
    const [row] = await this.run(`SELECT pg_logical_emit_message(false, 'tailrace.heartbeat', '')::text AS lsn`)
    await vi.waitFor(
      async () => {
        await this.run(`SELECT pg_logical_emit_message(false, 'tailrace.heartbeat', '')`)
        const [slot] = await this.run(
          `SELECT confirmed_flush_lsn >= '${String(row?.['lsn'])}' AS reached FROM pg_replication_slots WHERE slot_name = '${this.slot}'`,
        )
        expect(slot?.['reached'], this.problem()).toBe(true)
      },
      { timeout: patienceMs, interval: 100 },
    )
    return this.recordsNow(topic)
  }

  async close(): Promise<void> {
    await this.stop()
    await this.run(
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '${this.database}' AND NOT active`,
    )
    await this.sql.end()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }

  async #recordsOf(topic: string, partition: number): Promise<readonly SeenRecord[]> {
    const engine = this.hub!.engine
    const { logStartOffset, highWatermark } = await engine.bounds({ topic, partition })
    const found: SeenRecord[] = []
    for (let offset = logStartOffset; offset < highWatermark; ) {
      const limits = { minBytes: 1, maxBytes: 8 << 20, maxWaitMs: 0, isolation: 'durable' } as const
      const { chunks } = await engine.read(
        [{ topic, partition, offset, maxBytes: 8 << 20 }],
        limits,
        new AbortController().signal,
      )
      const chunk = chunks[0]!
      const cursor = new RecordCursor()
      cursor.reset(chunk.batches)
      while (cursor.next()) if (cursor.offset >= offset) found.push(seen(cursor, topic, partition))
      offset = chunk.nextOffset
    }
    return found
  }
}

/** What a behaviour is given: sites, which are closed when it ends. */
export type OpenSite = (options?: CdcSiteOptions) => Promise<CdcSite>
export type CdcBehaviours = Readonly<Record<string, (open: OpenSite) => Promise<void>>>

/** Runs a table against one server, several at a time, each behaviour with a database of its own. */
export function behavioursOf(what: string, table: CdcBehaviours, options: Partial<PostgresOptions> = {}): void {
  const version: PostgresVersion = options.version ?? 'embedded'
  const skipped = missingReason(version)
  if (skipped !== undefined) console.warn(`skipped: ${what}: ${skipped}`)
  describe.skipIf(skipped !== undefined)(`${what} (${version})`, () => {
    let server: PostgresServer
    beforeAll(async () => {
      server = await startPostgres({ version, ...options })
    })
    afterAll(() => server.close())
    for (const [behaviour, show] of Object.entries(table)) {
      it.concurrent(behaviour, { timeout: 60_000 }, async () => {
        const sites: CdcSite[] = []
        try {
          await show(async (siteOptions) => {
            const site = await CdcSite.open(server, siteOptions)
            sites.push(site)
            return site
          })
        } finally {
          for (const site of sites) await site.close()
        }
      })
    }
  })
}

function seen(cursor: RecordCursor, topic: string, partition: number): SeenRecord {
  const key = cursor.key()
  const value = cursor.value()
  return {
    topic,
    partition,
    offset: cursor.offset,
    key: key === null ? null : keyOf(key.toString()),
    value: value === null ? null : (JSON.parse(value.toString()) as Record<string, unknown>),
    headers: Object.fromEntries(
      cursor.headers().map(({ key: name, value: bytes }) => [name, Buffer.from(bytes ?? []).toString()]),
    ),
    timestampMs: cursor.timestampMs,
  }
}

/** A message's key is its prefix, all others are JSON. */
function keyOf(text: string): unknown {
  return text.startsWith('{') ? (JSON.parse(text) as unknown) : text
}
