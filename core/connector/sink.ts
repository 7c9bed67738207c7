// A sink brings records to a target. The runtime calls one method at a time, so that a sink needs no locks.

import type { TailraceError } from '../errors/tailrace-error.js'
import type { RecordCursor } from '../record/record-cursor.js'
import type { PlainRecord } from '../record/encode-batch.js'
import type { ConnectorContext, Json } from './context.js'

export interface SinkPartition {
  readonly topic: string
  /** Made with the topic: a topic made anew under the same name is another. */
  readonly topicId: string
  readonly partition: number
}

/** A partition that the sink now owns. */
export interface Assignment extends SinkPartition {
  /** Where the group stands; undefined when it never committed. */
  readonly committed: number | undefined
  readonly logStartOffset: number
  readonly highWatermark: number
}

/** One partition, contiguous: the records from `firstOffset` to below `nextOffset` that still exist. */
export interface SinkBatch extends SinkPartition {
  /** Whole record batches; the first may begin below `firstOffset`. Valid until `write` settles. */
  readonly batches: Buffer
  readonly firstOffset: number
  readonly nextOffset: number
  /** A cursor that stands before the record of `firstOffset`. The same object each time: one walk at a time. */
  cursor(): RecordCursor
}

/** A record that the sink has kept by itself and gives up now. */
export interface LateFailure {
  readonly of: SinkPartition
  readonly offset: number
  readonly record: PlainRecord
  readonly error: TailraceError
  readonly attempts: number
}

export interface SinkContext extends ConnectorContext {
  /**
   * The record under the cursor cannot be delivered; it goes to the dead-letter topic (once, in one atomic append with
   * the sink's offset), and the rest goes on. Without a dead-letter topic it throws, and the sink stops. An error that
   * says `timed` it throws as well, until the record had `maxAttempts`: let it pass, the same batch comes again.
   */
  fail(batch: SinkBatch, cursor: RecordCursor, error: TailraceError): void
  /**
   * Resolves when the dead letters of everything that was given to `fail` are durable. A sink that tells the runtime
   * where to go on (`assigned`) awaits it before its target moves past a failed record; for any other sink the group's
   * offset carries the dead letters along.
   */
  settleFailed(): Promise<void>
  /**
   * What was given to `fail` in this call stays failed when the call throws: the sink has passed these records, and does
   * not come to them when the batch is written again.
   */
  keepFailed(): void
  /**
   * Dead letters of records that do not come again, as the sink has kept them in its state, and changes of that state:
   * one atomic append, durable when it resolves. Errors: no_dead_letter_topic, and those of `state.put`.
   */
  bury(failures: readonly LateFailure[], changes: ReadonlyMap<string, Json | undefined>): Promise<void>
  /** All records of the partition below `nextOffset` are durable in the target; moves the group's offset. */
  durable(of: SinkPartition, nextOffset: number): void
  /**
   * Reads a range again, to finish what a crash interrupted: calls back for every batch from `firstOffset` to below
   * `nextOffset`. `offset_out_of_range` when some of it is gone.
   */
  reread(
    of: SinkPartition,
    range: { readonly firstOffset: number; readonly nextOffset: number },
    visit: (batch: SinkBatch) => Promise<void>,
  ): Promise<void>
  /**
   * A directory of this sink alone, which outlives its runs: absolute, made when it is missing, its name durable. The
   * runtime leaves alone what lies in it. Errors: those of the disk.
   */
  workDirectory(): Promise<string>
}

export interface Sink {
  open(context: SinkContext): Promise<void>
  /** Connectivity, rights, least privilege; run by `validate --connect` and at start. Throws what is wrong. */
  check(signal: AbortSignal): Promise<void>
  /**
   * Where to go on, one for each assignment: what the target holds wins over the group's offset; undefined leaves it
   * to the group's offset (or the log start). Beyond the log's end is an error, never a reset.
   */
  assigned(partitions: readonly Assignment[]): Promise<readonly (number | undefined)[]>
  /**
   * 'durable': this batch and all before it in its partition; 'accepted': later, said by `context.durable` or `flush`;
   * 'held': by `context.durable` alone, as it waits for more records (the rest of a transaction).
   */
  write(batch: SinkBatch, signal: AbortSignal): Promise<'accepted' | 'held' | 'durable'>
  /**
   * Called at least once a second while nothing is written, and between writes: for what a clock decides. Not while a
   * write that failed waits to be tried again.
   */
  tick?(signal: AbortSignal): Promise<void>
  /** After it, all that was accepted is durable; not so what is held. */
  flush(signal: AbortSignal): Promise<void>
  /** Flush, then let go. */
  revoked(partitions: readonly SinkPartition[]): Promise<void>
  close(): Promise<void>
}
