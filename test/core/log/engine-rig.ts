// An embedded engine in the simulated machine, for tests of single rules: small files, words for what most tests do.

import { openEmbeddedEngine } from '../../../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../../../core/engine/log-engine.js'
import type { TopicSettings } from '../../../core/engine/topic-admin.js'
import { encodeBatch } from '../../../core/record/encode-batch.js'
import { RecordCursor } from '../../../core/record/record-cursor.js'
import { silentLogger } from '../../../core/telemetry/logger.js'
import { silentRecorder } from '../../../core/telemetry/recorder.js'
import { SimulatedWorld } from '../../simulation/world/simulated-world.js'

export const directory = '/var/lib/tailrace'

export class EngineRig {
  readonly machine: SimulatedWorld

  constructor(seed = 1) {
    this.machine = new SimulatedWorld({ seed, keepLines: true })
  }

  /** Number of the last call so far whose line in the trace matches. */
  lastCall(pattern: RegExp): number {
    const line = this.machine.trace.lines().findLast((each) => /^ +#\d+ /.test(each) && pattern.test(each))
    return Number(/#(\d+)/.exec(line ?? '')?.[1])
  }

  /** Starts a process with an engine on what the disk holds. */
  open(options: { readonly idleCheckpointMs?: number; readonly acceptsLoss?: boolean } = {}): Promise<LogEngine> {
    const world = this.machine.boot()
    return openEmbeddedEngine({
      directory,
      world,
      logger: silentLogger,
      recorder: silentRecorder,
      journal: { fileBytes: 128 * 1024, maxFiles: 4 },
      reserveBytes: 16 * 1024,
      maintenanceMs: 100,
      idleCheckpointMs: 50,
      ...options,
    })
  }

  run<T>(work: () => Promise<T>): Promise<T> {
    return this.machine.run(work)
  }

  pass(ms: number): Promise<void> {
    return this.machine.clock.sleep(ms)
  }

  create(engine: LogEngine, name: string, settings: Partial<TopicSettings> = {}): Promise<unknown> {
    return engine.topics.create({ name, partitions: 1, settings: { segmentBytes: 1024, ...settings } })
  }

  /** Appends one record; its offset. */
  async append(
    engine: LogEngine,
    topic: string,
    value: string | Buffer,
    timestampMs = this.machine.clock.now(),
  ): Promise<number> {
    const batch = encodeBatch([{ key: null, value: Buffer.from(value), timestampMs }])
    const [appended] = await engine.append([{ topic, partition: 0, batch }])
    return appended!.baseOffset
  }

  /** Values from an offset on, up to what is durable; the code of the error where reading ends with one. */
  async values(engine: LogEngine, topic: string, from = 0): Promise<readonly string[]> {
    const found: string[] = []
    const cursor = new RecordCursor()
    for (let offset = from; ; ) {
      const limits = { minBytes: 0, maxBytes: 1_000_000, maxWaitMs: 0, isolation: 'durable' } as const
      const { chunks } = await engine.read([{ topic, partition: 0, offset, maxBytes: 1_000_000 }], limits, signal())
      const chunk = chunks[0]!
      if (chunk.error !== undefined) return [...found, chunk.error.code]
      if (chunk.nextOffset === offset) return found
      cursor.reset(chunk.batches)
      while (cursor.next()) if (cursor.offset >= offset) found.push(Buffer.from(cursor.value()!).toString())
      offset = chunk.nextOffset
    }
  }

  /** Paths of the disk that match. */
  paths(pattern: RegExp): readonly string[] {
    return this.machine.disk.paths().filter((path) => pattern.test(path))
  }
}

function signal(): AbortSignal {
  return new AbortController().signal
}
