// One run of a Postgres sink over a log in memory, as the runtime would drive it.

import { readSettings } from '../../../../core/connector/fields.js'
import { Secret } from '../../../../core/connector/secret.js'
import type { Sink, SinkBatch, SinkContext, SinkPartition } from '../../../../core/connector/sink.js'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import type { PlainRecord } from '../../../../core/record/encode-batch.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'
import { outgoingBehindGuard } from '../../../../core/security/address-guard.js'
import { silentLogger } from '../../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../../core/telemetry/recorder.js'
import { create } from '../../../../connectors/postgres/sink/postgres-sink.js'
import { sinkFields } from '../../../../connectors/postgres/sink/settings.js'
import { TestLog } from '../../lake/test-log.js'

/** What passes by itself is tried again as the runtime does, for half a minute: a server may have to recover. */
const retryMs = 20
const mostAttempts = 1500

/** Never aborted. */
export const steady: AbortSignal = new AbortController().signal

export interface FailedRecord {
  readonly topic: string
  readonly offset: number
  readonly code: string
  readonly error: TailraceError
}

export interface SinkRunOptions {
  readonly url: string
  /** As a user writes them, without the url. */
  readonly settings: Readonly<Record<string, unknown>>
  readonly log: TestLog
  readonly hubId?: string
  readonly sink?: string
}

export class SinkRun {
  readonly sink: Sink
  readonly context: SinkContext
  readonly log: TestLog
  /** What was given to `context.fail` and settled, by partition and offset once. */
  readonly failed = new Map<string, FailedRecord>()
  /** What the sink called durable, by topic and partition. */
  readonly durable = new Map<string, number>()
  private unsettled: FailedRecord[] = []

  constructor({ url, settings, log, hubId = 'hub-1', sink = 'replica' }: SinkRunOptions) {
    const world = nodeWorld()
    this.log = log
    this.context = {
      pipeline: 'shop',
      connector: sink,
      hubId,
      baseDirectory: '/',
      dataDirectory: '/',
      files: world.files,
      clock: world.clock,
      random: world.random,
      logger: silentLogger,
      metrics: silentRecorder,
      limits: { openFiles: 64 },
      outgoing: outgoingBehindGuard(world.resolver),
      state: { get: () => undefined, entries: () => [], put: () => Promise.resolve() },
      signal: steady,
      fail: (batch, cursor, error) => {
        const { topic } = batch
        this.unsettled.push({ topic, offset: cursor.offset, code: error.code, error })
      },
      settleFailed: () => Promise.resolve(this.settle()),
      keepFailed: () => this.settle(),
      bury: () => Promise.reject(new Error('this sink keeps no records')),
      durable: ({ topic, partition }, nextOffset) => void this.durable.set(`${topic}/${partition}`, nextOffset),
      reread: async (of, { firstOffset, nextOffset }, visit) => {
        for (const batch of log.read(of, firstOffset, nextOffset)) await visit(batch)
      },
      workDirectory: () => Promise.reject(new Error('this sink keeps no files')),
    }
    this.sink = create(readSettings(sinkFields, { url: new Secret(url), ...settings }))
  }

  /** Opens it and takes all partitions of the log; where each begins. */
  async start(): Promise<readonly number[]> {
    await this.sink.open(this.context)
    await this.sink.check(steady)
    const starts = await this.sink.assigned(this.log.partitions.map((of) => this.log.assignment(of, undefined)))
    return starts.map((start) => start ?? 0)
  }

  /** Gives it every batch of the log from where it began, and flushes; what is transient is tried again. */
  async deliver(starts: readonly number[]): Promise<void> {
    for (const [index, of] of this.log.partitions.entries()) {
      for (const batch of this.log.read(of, starts[index]!)) await this.write(batch)
    }
    await this.retry(() => this.sink.flush(steady))
  }

  write(batch: SinkBatch): Promise<void> {
    return this.retry(() => this.sink.write(batch, steady))
  }

  async end(): Promise<void> {
    await this.sink.revoked(this.log.partitions)
    await this.sink.close()
  }

  private async retry(call: () => Promise<unknown>): Promise<void> {
    for (let attempts = 1; ; attempts++) {
      try {
        await call()
        this.settle()
        return
      } catch (error) {
        this.unsettled = []
        if (!(error instanceof TailraceError) || error.retry !== 'timed' || attempts === mostAttempts) throw error
        await this.context.clock.sleep(retryMs)
      }
    }
  }

  private settle(): void {
    for (const record of this.unsettled) this.failed.set(`${record.topic}/${record.offset}`, record)
    this.unsettled = []
  }
}

/** A whole life of the sink: all of the log is in the target afterwards, but for what failed. */
export async function deliverAll(options: SinkRunOptions): Promise<SinkRun> {
  const run = new SinkRun(options)
  try {
    await run.deliver(await run.start())
    await run.end()
  } finally {
    await run.sink.close()
  }
  return run
}

/** A log with one partition that holds the records, a batch for each list. */
export function logOf(topic: string, ...batches: readonly (readonly PlainRecord[])[]): TestLog {
  const log = new TestLog()
  const of: SinkPartition = log.add(topic, 0)
  for (const records of batches) log.append(of, records)
  return log
}

export function jsonRecord(value: unknown, key?: unknown): PlainRecord {
  return {
    key: key === undefined ? null : Buffer.from(JSON.stringify(key)),
    value: value === null ? null : Buffer.from(JSON.stringify(value)),
    timestampMs: 0,
  }
}

export interface NativeChange {
  readonly op: 'c' | 'u' | 'd' | 'r' | 't' | 's'
  readonly table?: string
  readonly before?: unknown
  readonly after?: unknown
  readonly unchanged?: readonly string[]
  readonly isLast?: boolean
  readonly columns?: unknown
}

/** A change as the source writes it in its native format. */
export function change({ op, table = 'items', before = null, after = null, ...rest }: NativeChange): PlainRecord {
  const { unchanged, isLast = true, columns } = rest
  const value = { op, schema: 'public', table, before, after, ...(unchanged === undefined ? {} : { unchanged }) }
  const texts: Record<string, string> = { 'pg.op': op, 'pg.schema': 'public', 'pg.table': table }
  if (columns !== undefined) texts['pg.columns'] = JSON.stringify(columns)
  if (isLast) texts['pg.last'] = 'true'
  const headers = Object.entries(texts).map(([key, text]) => ({ key, value: Buffer.from(text) }))
  return { key: null, value: Buffer.from(JSON.stringify(value)), timestampMs: 0, headers }
}
