// What the contract suite needs of an engine under test, and the words its behaviours are written in.

import { afterEach, beforeEach, expect } from 'vitest'
import { TailraceError } from '../../../core/errors/tailrace-error.js'
import type {
  Appended,
  AppendOptions,
  LogEngine,
  Offset,
  PartitionChunk,
  PartitionRead,
  ReadLimits,
} from '../../../core/engine/log-engine.js'
import { encodeBatch, type PlainRecord } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'

export interface EngineHarness {
  /** Opens the engine on the same place every time; the one before was closed. */
  open(): Promise<LogEngine>
  dispose(): Promise<void>
  /** What one engine kept, does the next one have it? */
  readonly persistent: boolean
  /** Moves the engine's clock, and resolves when what fell due on the way has been done. */
  passTime(ms: number): Promise<void>
}

export type MakeHarness = () => Promise<EngineHarness>

/** The wall time of records where it does not matter. */
export const someTimeMs = 1_790_000_000_000

const atOnce: ReadLimits = { minBytes: 0, maxBytes: 64 * 1024 * 1024, maxWaitMs: 0, isolation: 'durable' }

export interface ReadRecord {
  readonly offset: Offset
  readonly key: string | null
  readonly value: string | null
  readonly timestampMs: number
}

/** The engine of the present test, open; with short words for what most behaviours do. */
export class EngineUnderTest {
  private harness: EngineHarness | undefined
  private opened: LogEngine | undefined

  get engine(): LogEngine {
    if (this.opened === undefined) throw new Error('no test is running')
    return this.opened
  }

  get persistent(): boolean {
    return this.harness?.persistent === true
  }

  async begin(make: MakeHarness): Promise<void> {
    this.harness = await make()
    this.opened = await this.harness.open()
  }

  async end(): Promise<void> {
    await this.opened?.close()
    await this.harness?.dispose()
  }

  async reopen(): Promise<void> {
    await this.engine.close()
    this.opened = await this.harness!.open()
  }

  passTime(ms: number): Promise<void> {
    return this.harness!.passTime(ms)
  }

  /** Lets time pass in steps until the condition holds; fails when it does not after so many steps. */
  async until(condition: () => Promise<boolean>, stepMs: number): Promise<void> {
    for (let step = 0; step < 1000; step++) {
      if (await condition()) return
      await this.passTime(stepMs)
      // Background work may wait for a device, which no clock of ours moves: a call through the engine gives it a while.
      await this.engine.status()
    }
    expect(await condition()).toBe(true)
  }

  /** Appends one batch of these values. */
  async append(
    topic: string,
    partition: number,
    values: readonly string[],
    options?: AppendOptions,
  ): Promise<Appended> {
    const [appended] = await this.engine.append([{ topic, partition, batch: batchOf(...values) }], options)
    return appended!
  }

  async read(
    reads: readonly PartitionRead[],
    limits: Partial<ReadLimits> = {},
    signal = never(),
  ): Promise<readonly PartitionChunk[]> {
    const { chunks } = await this.engine.read(reads, { ...atOnce, ...limits }, signal)
    return chunks
  }

  /** All values of a partition from an offset on. */
  async values(topic: string, partition: number, offset = 0): Promise<(string | null)[]> {
    return (await this.records(topic, partition, offset)).map(({ value }) => value)
  }

  async records(topic: string, partition: number, offset = 0): Promise<ReadRecord[]> {
    const found: ReadRecord[] = []
    for (let next = offset; ; ) {
      const [chunk] = await this.read([wanted(topic, partition, next)])
      if (chunk!.error !== undefined) throw chunk!.error
      if (chunk!.nextOffset === next) return found
      found.push(...recordsOf(chunk!).filter((record) => record.offset >= offset))
      next = chunk!.nextOffset
    }
  }
}

/** Opens an engine before each test of the present suite and disposes of it afterwards. */
export function useEngine(make: MakeHarness): EngineUnderTest {
  const under = new EngineUnderTest()
  beforeEach(() => under.begin(make))
  afterEach(() => under.end())
  return under
}

export function wanted(topic: string, partition: number, offset: Offset, maxBytes = 16 * 1024 * 1024): PartitionRead {
  return { topic, partition, offset, maxBytes }
}

/** A signal that is never aborted. */
export function never(): AbortSignal {
  return new AbortController().signal
}

export function batchOf(...values: readonly string[]): Buffer {
  return encodeBatch(values.map((value) => record(value)))
}

export function record(value: string | null, more: Partial<PlainRecord> = {}): PlainRecord {
  return { key: null, value: value === null ? null : Buffer.from(value), timestampMs: someTimeMs, ...more }
}

export function recordsOf(chunk: PartitionChunk): ReadRecord[] {
  const cursor = new RecordCursor()
  cursor.reset(chunk.batches)
  const records: ReadRecord[] = []
  while (cursor.next()) {
    const { offset, timestampMs } = cursor
    records.push({
      offset,
      key: cursor.key()?.toString() ?? null,
      value: cursor.value()?.toString() ?? null,
      timestampMs,
    })
  }
  return records
}

/** The code of the error that the promise rejects with; 'none' when it resolves. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise
    return 'none'
  } catch (error) {
    if (error instanceof TailraceError) return error.code
    throw error
  }
}

/** Has the promise settled, as far as things go without time? */
export async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  let settled = false
  const note = (): void => {
    settled = true
  }
  promise.then(note, note)
  await new Promise((resolve) => setImmediate(resolve))
  return settled
}
