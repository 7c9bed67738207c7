// What a step with state is to the chain of a transform: it looks at one record at a time and says what becomes of it;
// windows that close give it records of its own. It knows nothing of how a record's value is held: expressions read it.

import type { JsonObject, JsonValue } from '../../../format/parsed.js'
import type { StepCount } from '../../edge-meter.js'
import { statefulErrors } from './errors.js'

/** What such a step needs to know of a record besides what expressions read. */
export interface TimedRecord {
  readonly timestampMs: number
}

/** Where the record came from, and when. */
export interface RecordOrigin {
  /** `TOPIC/PARTITION`, or the name of the step whose window made it. */
  readonly name: string
  /** Monotonic clock. */
  readonly nowMs: number
}

/** Reads a value from the record. Throws a TailraceError, of the record, where it cannot. */
export type Evaluate<R> = (record: R) => JsonValue

/** A record goes on, is left out, or is late and goes to the topic that the step names for those. */
export type Verdict = 'pass' | 'drop' | { readonly lateTo: string }

/** A record that a window made. */
export interface WindowRecord {
  readonly key: string | undefined
  readonly value: JsonObject
  readonly timestampMs: number
}

/**
 * One at work. All that it remembers lies in its StepEntries, so that a unit of work can be rolled back. Errors of a
 * record are thrown as TailraceErrors that say `never`; any other error stops the transform.
 */
export interface StatefulStep<R> {
  readonly name: string
  /** The names of origins that its records may have; once, before the first record. */
  begin?(origins: readonly string[], nowMs: number): void
  apply(record: R, origin: RecordOrigin): Verdict
  /** All that the origin has up to now was seen. */
  passed?(origin: string, nowMs: number): void
  /** Looks whether the watermark rises without those who are idle. */
  leaveIdleAside?(): void
  /** Whether there is a window to close, or an update to tell. Between units only. */
  isDue?(): boolean
  /** A unit of work: what is due first, as a record. */
  fire?(): WindowRecord | undefined
  /** Instead of `fire`: what is due first is given up. */
  dropDue?(): void
  /** Brings tables up to date. */
  refresh?(signal: AbortSignal): Promise<void>
  /** Puts into the state what it gathered beside it. */
  save?(): void
  /** What is to be counted since the last call. */
  counts(): ReadonlyMap<StepCount, number>
}

/** Counters that are read and begin anew. They follow no unit: a record that is tried twice counts twice. */
export class StepCounts {
  private counts = new Map<StepCount, number>()

  add(what: StepCount, count = 1): void {
    if (count > 0) this.counts.set(what, (this.counts.get(what) ?? 0) + count)
  }

  take(): ReadonlyMap<StepCount, number> {
    const taken = this.counts
    if (taken.size > 0) this.counts = new Map()
    return taken
  }
}

/** The longest key that a step may hold on to: it is part of the key of a state record. */
const mostKeyBytes = 2 * 1024

/** The key as it is. Errors: step_key_too_large. */
export function checkedKey(step: string, key: string): string {
  // No character takes more than three bytes in UTF-8 for each of its UTF-16 units.
  if (key.length * 3 <= mostKeyBytes) return key
  const bytes = Buffer.byteLength(key)
  if (bytes <= mostKeyBytes) return key
  throw statefulErrors.make('step_key_too_large', `${step}: a key of ${bytes} bytes; ${mostKeyBytes} are the most`, {
    details: { step, bytes, mostKeyBytes },
  })
}

/** The end of the year 9999: later times have no text in ISO 8601, and are mistakes. */
const latestMs = 253_402_300_799_999

/** The time of the record. Errors: step_time_missing. */
export function timeOf(step: string, { timestampMs }: TimedRecord): number {
  if (timestampMs >= 0 && timestampMs <= latestMs) return timestampMs
  throw statefulErrors.make('step_time_missing', `${step}: the record has no time that can be used (${timestampMs})`, {
    details: { step, timestampMs },
  })
}
