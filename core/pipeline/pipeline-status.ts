// What flows, what lags and why, as the command and the admin API show it.

import { messageOf, TailraceError } from '../errors/tailrace-error.js'
import { pipelineErrors } from './errors.js'

/**
 * `starting`: on its way up. `running`: moving records, or idle. `waiting`: goes on by itself when its cause is gone (a
 * target that is down, a full disk). `failed`: ended with an error that does not pass by itself; started again at
 * `nextAttemptMs` all the same, or when that is undefined only after a person acted. `stopped`: came to its end, or was
 * told to.
 */
export type EdgeState = 'starting' | 'running' | 'waiting' | 'failed' | 'stopped'

export type EdgeRole = 'source' | 'push-source' | 'transform' | 'sink'

/** Why an edge does not move, or last did not. */
export interface EdgeError {
  readonly code: string
  readonly message: string
  readonly hint: string
  /** What lies behind it, outermost first. */
  readonly causes: readonly string[]
  /** Wall clock. */
  readonly atMs: number
}

export interface EdgeStatus {
  readonly pipeline: string
  readonly id: string
  readonly role: EdgeRole
  /** The connector's type; `transform` for a transform. */
  readonly type: string
  /** Where a source writes to, or what a transform or sink reads. */
  readonly topics: readonly string[]
  readonly state: EdgeState
  /** Wall clock: since when it is in this state. */
  readonly sinceMs: number
  /** Records since the start of the process: in the log (source), passed for good (transform), durable in the target (sink). */
  readonly recordCount: number
  /** Bytes of values that it put into the log since the start of the process, of a source or transform. */
  readonly valueBytes: number
  readonly deadLetterCount: number
  /** Records in the log that it has not passed for good; undefined for a source, and before partitions were assigned. */
  readonly lagRecords: number | undefined
  /** The cause of the present state; undefined while all is well. */
  readonly error: EdgeError | undefined
  readonly restartCount: number
  /** Wall clock of the next start by itself. */
  readonly nextAttemptMs: number | undefined
}

/** An error of the product: itself, or connector_failed around what a library threw. */
export function classified(error: unknown, edge: string): TailraceError {
  if (error instanceof TailraceError) return error
  return pipelineErrors.make('connector_failed', `${edge}: ${messageOf(error)}`, { cause: error })
}

/** An error as status shows it. */
export function edgeErrorOf(error: TailraceError, atMs: number): EdgeError {
  const { code, message, hint } = error
  return { code, message, hint, causes: causesOf(error.cause), atMs }
}

/** Chains deeper than this say nothing new; it also ends a chain that bites its tail. */
const mostCauses = 8

function causesOf(error: unknown): string[] {
  const causes: string[] = []
  for (let at = error; at !== undefined && at !== null && causes.length < mostCauses; ) {
    causes.push(messageOf(at))
    at = at instanceof Error ? at.cause : undefined
  }
  return causes
}
