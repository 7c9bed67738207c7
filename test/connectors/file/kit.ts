// A source with a real directory under it: the world's clock is moved by hand, what it puts into the writer is kept,
// and a crash forgets all that was not committed.

import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach } from 'vitest'
import { create, type FileSource } from '../../../connectors/file/source.js'
import { fileFields, type FileSettings } from '../../../connectors/file/settings.js'
import type { ConnectorContext, Json } from '../../../core/connector/context.js'
import { readSettings } from '../../../core/connector/fields.js'
import type { RecordWriter } from '../../../core/connector/source.js'
import type { RecordParts } from '../../../core/record/batch-builder.js'
import { decodeHeaders } from '../../../core/record/record-headers.js'
import type { Clock } from '../../../core/runtime/clock.js'
import type { Files } from '../../../core/runtime/files.js'
import { nodeFiles } from '../../../core/runtime/node/node-files.js'
import { nodeRandom } from '../../../core/runtime/node/node-random.js'
import { nodeResolver } from '../../../core/runtime/node/node-resolver.js'
import { outgoingBehindGuard } from '../../../core/security/address-guard.js'
import type { LogFields, Logger } from '../../../core/telemetry/logger.js'
import type { Recorder } from '../../../core/telemetry/recorder.js'

export interface TestRecord {
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Said {
  readonly event: string
  readonly fields: LogFields
}

const made: string[] = []

afterEach(() => {
  for (const directory of made.splice(0)) {
    fs.rmSync(directory, { recursive: true, force: true })
  }
})

export function makeDirectory(): string {
  const directory = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tailrace-file-')))
  made.push(directory)
  return directory
}

/** Time stands still until it is moved; the wall clock begins at the real one, as files carry real times. */
class HandClock implements Clock {
  readonly #startMs = Date.now()
  #passedMs = 0
  now(): number {
    return this.#startMs + this.#passedMs
  }
  monotonicMs(): number {
    return this.#passedMs
  }
  move(ms: number): void {
    this.#passedMs += ms
  }
  sleep(): Promise<void> {
    throw new Error('the file source does not sleep')
  }
  after(): { cancel(): void } {
    throw new Error('the file source sets no timers')
  }
  soon(): void {
    throw new Error('the file source sets no timers')
  }
}

/** Keeps what the source appends, as the log would. */
class KeepingWriter implements RecordWriter {
  readonly committed: TestRecord[] = []
  readonly deadLetters: TestRecord[] = []
  readonly state = new Map<string, Json>()
  hasDeadLetters = true
  readonly appendNumber = 1
  /** How many records one append takes. */
  capacity = Number.POSITIVE_INFINITY
  #pending: TestRecord[] = []
  #pendingDead: TestRecord[] = []
  #remembered = new Map<string, Json | undefined>()

  partitionOf(key: Uint8Array | null): number {
    return key === null ? -1 : 0
  }

  partitionCount(): number {
    return 1
  }

  append(record: RecordParts): boolean {
    if (this.#pending.length + this.#pendingDead.length >= this.capacity) return false
    this.#pending.push(recordOf(record))
    return true
  }

  deadLetter(record: RecordParts): boolean {
    if (this.#pending.length + this.#pendingDead.length >= this.capacity) return false
    this.#pendingDead.push(recordOf(record))
    return true
  }

  remember(key: string, point: Json | undefined): void {
    this.#remembered.set(key, point)
  }

  /** All that was appended and remembered becomes durable in one piece. */
  commit(): ReadonlyMap<string, Json | undefined> {
    this.committed.push(...this.#pending)
    this.deadLetters.push(...this.#pendingDead)
    const points = this.#remembered
    for (const [key, point] of points) {
      // Through text, as the log keeps it.
      if (point === undefined) this.state.delete(key)
      else this.state.set(key, JSON.parse(JSON.stringify(point)) as Json)
    }
    this.drop()
    return points
  }

  /** A crash before the append. */
  drop(): void {
    this.#pending = []
    this.#pendingDead = []
    this.#remembered = new Map()
  }
}

function recordOf(record: RecordParts): TestRecord {
  const value = Buffer.from(record.value!.subarray(record.valueStart, record.valueEnd)).toString('latin1')
  const headers: Record<string, string> = {}
  if (record.headers !== null) {
    for (const { key, value: text } of decodeHeaders(Buffer.from(record.headers.bytes), record.headers.count)) {
      headers[key] = Buffer.from(text!).toString()
    }
  }
  return { key: Buffer.from(record.key!).toString(), value, headers }
}

export interface TailOptions {
  readonly settings: Readonly<Record<string, unknown>>
  readonly directory: string
  readonly openFiles?: number
  readonly files?: Partial<Files>
  readonly dataDirectory?: string
}

/** A source and all that it needs; `restart` begins again from what was committed. */
export class Tail {
  readonly clock = new HandClock()
  readonly writer = new KeepingWriter()
  readonly said: Said[] = []
  readonly counts = new Map<string, number>()
  readonly gauges = new Map<string, number>()
  readonly settings: FileSettings
  readonly #options: TailOptions
  #source: FileSource

  constructor(options: TailOptions) {
    this.#options = options
    this.settings = readSettings(fileFields, { watch: 'poll', ...options.settings })
    this.#source = create(this.settings) as FileSource
  }

  static async start(options: TailOptions): Promise<Tail> {
    const tail = new Tail(options)
    await tail.#source.open(tail.context())
    return tail
  }

  get source(): FileSource {
    return this.#source
  }

  context(): ConnectorContext {
    const { directory, openFiles = 64, files = {}, dataDirectory = '/nowhere/data' } = this.#options
    const { state } = this.writer
    return {
      pipeline: 'test',
      connector: 'files',
      hubId: 'hub',
      baseDirectory: directory,
      dataDirectory,
      files: { ...nodeFiles, ...files },
      clock: this.clock,
      random: nodeRandom,
      logger: loggerInto(this.said),
      metrics: recorderInto(this.counts, this.gauges),
      limits: { openFiles },
      outgoing: outgoingBehindGuard(nodeResolver),
      state: {
        get: (key) => state.get(key),
        entries: (prefix) => [...state].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1)),
        put: () => Promise.reject(new Error('the file source remembers with its records only')),
      },
      signal: new AbortController().signal,
    }
  }

  /** Reads and commits until there is nothing to do. `afterMs`: time passes before, so that a look is due. */
  async settle(afterMs = 1000): Promise<void> {
    this.clock.move(afterMs)
    for (let turn = 0; turn < 10_000; turn++) {
      const verdict = await this.readOnce()
      await this.commit()
      if (verdict === 'idle') return
    }
    throw new Error('the source does not come to rest')
  }

  readOnce(): Promise<'more' | 'idle' | 'end'> {
    return this.#source.read(this.writer, new AbortController().signal)
  }

  async commit(): Promise<void> {
    await this.#source.acknowledge(this.writer.commit())
  }

  /** Ends the source; what was not committed is forgotten. */
  async stop(): Promise<void> {
    this.writer.drop()
    await this.#source.close()
  }

  async restart(): Promise<void> {
    await this.stop()
    this.#source = create(this.settings) as FileSource
    await this.#source.open(this.context())
  }

  /** The values so far, in order. */
  get values(): readonly string[] {
    return this.writer.committed.map(({ value }) => value)
  }

  get codes(): readonly unknown[] {
    return this.said.map(({ fields }) => fields['code']).filter((code) => code !== undefined)
  }
}

function loggerInto(said: Said[]): Logger {
  const say = (event: string, fields: LogFields = {}): void => {
    said.push({ event, fields })
  }
  const logger: Logger = { debug: say, info: say, warn: say, error: say, child: () => logger }
  return logger
}

function recorderInto(counts: Map<string, number>, gauges: Map<string, number>): Recorder {
  return {
    count: (name, _labels, by = 1) => void counts.set(name, (counts.get(name) ?? 0) + by),
    gauge: (name, _labels, value) => void gauges.set(name, value),
    observe: () => undefined,
    forget: () => undefined,
  }
}
