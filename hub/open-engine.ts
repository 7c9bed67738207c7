// The engine behind a URL: `embedded:` is the product's log in the data directory, `memory:` keeps nothing and is for
// trying something out.

import { openEmbeddedEngine } from '../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../core/engine/log-engine.js'
import type { World } from '../core/runtime/world.js'
import type { Logger } from '../core/telemetry/logger.js'
import type { Recorder } from '../core/telemetry/recorder.js'
import { hubErrors } from './errors.js'

export interface EngineChoice {
  /** `embedded:` or `memory:`. */
  readonly url: string
  /** Absolute. */
  readonly dataDirectory: string
  readonly world: World
  readonly logger: Logger
  readonly recorder: Recorder
  /** What segments may take before appends are refused; unlimited when undefined. */
  readonly budgetBytes: number | undefined
  /** After so long without members and commits a group loses its offsets; it keeps them when left out. */
  readonly offsetsRetentionMs?: number
}

export interface OpenedEngine {
  readonly engine: LogEngine
  /** Closes the engine and lets go of the data directory. Twice is fine. */
  close(): Promise<void>
}

/** Owns the data directory until it is closed. Errors: unknown_engine, directory_owned, what the log may not open. */
export async function openEngineOf(choice: EngineChoice): Promise<OpenedEngine> {
  const { url, dataDirectory: directory, world, logger, recorder, budgetBytes, offsetsRetentionMs } = choice
  if (url === 'embedded:') {
    const engine = await openEmbeddedEngine({ directory, world, logger, recorder, budgetBytes, offsetsRetentionMs })
    return { engine, close: () => engine.close() }
  }
  if (url === 'memory:') return openInMemory(choice)
  throw hubErrors.make('unknown_engine', `there is no engine behind "${url}"`)
}

/** Claims the data directory all the same, as the admin token and its address lie there. */
async function openInMemory({ dataDirectory, world, logger, offsetsRetentionMs }: EngineChoice): Promise<OpenedEngine> {
  const { openMemoryEngine } = await import('../core/engine/memory/memory-engine.js')
  await world.files.makeDirectory(dataDirectory)
  const claim = await world.ownership.claim(dataDirectory)
  logger.warn('the log lies in memory: nothing survives the end of the process')
  const engine = await openMemoryEngine({ clock: world.clock, random: world.random, logger, offsetsRetentionMs })
  return {
    engine,
    async close() {
      await engine.close()
      await claim.release()
    },
  }
}
