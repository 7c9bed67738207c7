// The package's library: a log, or a whole hub, inside another program, with no port at all.

import { resolve } from 'node:path'
import { openEmbeddedEngine } from '../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../core/engine/log-engine.js'
import { nodeWorld } from '../core/runtime/node-world.js'
import { silentLogger, type Logger } from '../core/telemetry/logger.js'
import { silentRecorder } from '../core/telemetry/recorder.js'

export { startHub } from './start-hub.js'
export type { Hub, HubOptions } from './start-hub.js'
export type { LogEngine } from '../core/engine/log-engine.js'
export type { ModuleRecord, RecordTransform } from '../core/pipeline/steps/kinds/module-step.js'
export type { Logger } from '../core/telemetry/logger.js'
export { TailraceError } from '../core/errors/tailrace-error.js'

export interface OpenEngineOptions {
  /** The data directory; made when it is missing. */
  readonly directory: string
  /** What the log may take of the disk before appends are refused. */
  readonly budgetBytes?: number
  /** Silent when left out. */
  readonly logger?: Logger
}

/** The log of a data directory, owned by this process until `close`. Errors: directory_owned, what may not be opened. */
export function openEngine({ directory, budgetBytes, logger = silentLogger }: OpenEngineOptions): Promise<LogEngine> {
  return openEmbeddedEngine({
    directory: resolve(directory),
    world: nodeWorld(),
    logger,
    recorder: silentRecorder,
    budgetBytes,
  })
}
