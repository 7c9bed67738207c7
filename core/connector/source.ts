// A source pulls at its own pace. Its records and the resume point behind them are one atomic append, which is what
// makes it exactly once: whatever `remember` said with the records is durable with them, or neither is.

import type { RecordParts } from '../record/batch-builder.js'
import type { Json, SourceContext } from './context.js'

export type ResumePoint = Json

/**
 * A topic beside the edge's own, and the partition when the key does not decide. It is kept and given again for each
 * record: the same object as last time is not looked up.
 */
export interface Destination {
  readonly topic: string
  readonly partition?: number
}

/**
 * Where a source puts its records. All that was appended and remembered since the last `read` returned goes into one
 * atomic append after it returns; the next `read` is not called before there is room again: that is the back-pressure.
 */
export interface RecordWriter {
  /**
   * Encodes the record at once; its bytes may change afterwards, but a key that is the same object as the last one is
   * taken to hold the same bytes. False when the writer is full: the record was not taken, remember where it starts
   * and return 'more' from `read`. Without `to` it goes to the topic of the edge, and to the partition of its key.
   * Errors: unknown_topic for a topic that nobody made (`SourceContext.ensureTopic`).
   */
  append(record: RecordParts, to?: Destination): boolean
  /**
   * The bytes for records whose value could not be used as it is (a line over the limit): goes to the dead-letter
   * topic of the edge in the same atomic append. False as for `append`; without a dead-letter topic it throws.
   * `to` is where the record would have gone.
   */
  deadLetter(record: RecordParts, code: string, message: string, to?: Destination): boolean
  /** Binds a resume point to everything appended so far; a later one of the same key replaces it. undefined forgets the key. */
  remember(key: string, point: ResumePoint | undefined): void
  /** Whether the edge has a dead-letter topic. */
  readonly hasDeadLetters: boolean
  /** The partition that `append` puts this key in; -1 without a key, as one is picked then. Errors: unknown_topic. */
  partitionOf(key: Uint8Array | null, topic?: string): number
  /** How many partitions a topic has, in this append. Errors: unknown_topic. */
  partitionCount(topic?: string): number
  /** Another number for each append of a run, so that a source can say something once in each. */
  readonly appendNumber: number
}

export interface Source {
  /** `context.state` holds the resume points that the log committed. */
  open(context: SourceContext): Promise<void>
  /**
   * Puts what is there into the writer and returns within a bounded time. 'more': call again at once; 'idle': nothing
   * to do, call again after `idleMs` or when `context`-side events (a watcher) resolve `wake`; 'end': it is complete.
   */
  read(into: RecordWriter, signal: AbortSignal): Promise<'more' | 'idle' | 'end'>
  /** Resolves when `read` may find something sooner than after the idle wait; rejects when aborted. */
  wake?(signal: AbortSignal): Promise<void>
  /** The points remembered up to here are durable, nothing later is. Called in order. */
  acknowledge(points: ReadonlyMap<string, ResumePoint | undefined>): Promise<void>
  close(): Promise<void>
}
