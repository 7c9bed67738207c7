// A push source: the outside pushes and wants an answer. The answer follows the commit.

import type { RecordParts } from '../record/batch-builder.js'
import type { Network } from '../runtime/network.js'
import type { ConnectorContext, Json } from './context.js'
import type { Ingress } from './ingress.js'

/** Where one request's records went. */
export interface CommittedRange {
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
  readonly lastOffset: number
}

/** The records of one request. Not committed means nothing of it exists. */
export interface PushWriter {
  /**
   * False when the request is larger than one append may be (8 MiB): refuse the request. Errors: record_too_large for a
   * record that its topic does not take.
   */
  append(record: RecordParts): boolean
  /** Bytes that cannot be used as they are go to the dead-letter topic in the same append. As `RecordWriter.deadLetter`. */
  deadLetter(record: RecordParts, code: string, message: string): boolean
  /** State that becomes durable with the records (an idempotency key). */
  remember(key: string, value: Json | undefined): void
  /** Resolves when fsynced; a retriable refusal (disk full, budget used up) rejects, and the outside is told to try again. */
  commit(): Promise<readonly CommittedRange[]>
  /** Gives the records up instead of committing them; what is neither committed nor discarded is only slower. */
  discard(): void
}

export interface WriterFactory {
  /** A writer for one request; many may be open at once. */
  open(): PushWriter
}

/** What a push source gets besides. */
export interface PushContext extends ConnectorContext {
  /** The listener that HTTP sources share. */
  readonly ingress: Ingress
  /** For sources that listen by themselves. */
  readonly network: Network
  /** Whether the edge has a dead-letter topic. */
  readonly hasDeadLetters: boolean
}

export interface PushSource {
  open(context: PushContext): Promise<void>
  /** Serves until the signal is aborted, then finishes the requests under way. */
  serve(writers: WriterFactory, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}
