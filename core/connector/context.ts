// What a connector gets of the world. Everything that it may touch comes through here.

import type { TailraceError } from '../errors/tailrace-error.js'
import type { Clock } from '../runtime/clock.js'
import type { Files } from '../runtime/files.js'
import type { Random } from '../runtime/random.js'
import type { Logger } from '../telemetry/logger.js'
import type { Recorder } from '../telemetry/recorder.js'
import type { Outgoing } from './outgoing.js'
import type { Spool } from './spool.js'

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

/**
 * What a connector remembers, durable in the log. A put resolves when fsynced and is refused with `state_fenced` when
 * a newer run of the same connector owns the state.
 */
export interface ConnectorState {
  get(key: string): Json | undefined
  /** In the order of their keys. */
  entries(prefix: string): readonly (readonly [string, Json])[]
  /** All or nothing; undefined removes a key. */
  put(changes: ReadonlyMap<string, Json | undefined>): Promise<void>
}

export interface ConnectorLimits {
  /** How many files this connector may hold open at once. */
  readonly openFiles: number
}

export interface ConnectorContext {
  readonly pipeline: string
  readonly connector: string
  readonly hubId: string
  /** Relative paths of settings start here: the folder of the pipeline file. */
  readonly baseDirectory: string
  /** The hub's own data directory, which no connector reads or writes; absolute. */
  readonly dataDirectory: string
  readonly files: Files
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Recorder
  readonly limits: ConnectorLimits
  /** Every request that leaves goes through a guard of these. */
  readonly outgoing: Outgoing
  readonly state: ConnectorState
  /** Aborted when the connector has to end. */
  readonly signal: AbortSignal
}

export interface EnsuredTopic {
  /** Keeps the newest record of each key only, so that each has to say all. */
  readonly isCompacted: boolean
}

/** What a source gets besides. */
export interface SourceContext extends ConnectorContext {
  /** `to` as it stands in the file: a topic, or a template with the `toFields` of the declaration in braces. */
  readonly to: string
  /**
   * Resolves when the topic exists: made with `defaults.topic` when it did not. Each topic that the source writes and
   * that is not declared needs it once before the first record. Errors: invalid_topic_name, internal_topic.
   */
  ensureTopic(topic: string): Promise<EnsuredTopic>
  /**
   * Temporary files of this run, of at most `quotaBytes` together; the runtime removes them when the source is closed,
   * and at the next start those that a crash left behind. Once in a run. Errors: those of the disk.
   */
  spool(quotaBytes: number): Promise<Spool>
  /**
   * Says in the status of the edge why the source brings nothing for now, while it goes on by itself when the cause is
   * gone; undefined when it is.
   */
  waits(cause: TailraceError | undefined): void
}
