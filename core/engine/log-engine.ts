// The contract between the log and everything that uses it: pipelines, the Kafka server, the admin API.
//
// Implemented by core/engine/embedded (the product) and core/engine/memory (tests, `:memory:`); one suite in
// test/contracts runs against both. Offsets number the records of a partition, from 0; they are doubles that hold
// integers below 2^53, checked once when decoded. A batch is a Kafka record batch v2 (core/record/batch-layout.ts).
// Errors are TailraceErrors with the codes of core/engine/errors.ts.

import type { TailraceError } from '../errors/tailrace-error.js'
import type { GroupService, OffsetsCommit } from './group-service.js'
import type { ProducerService } from './producer-service.js'
import type { StateService, StateUpdate } from './state-service.js'
import type { TopicAdmin } from './topic-admin.js'
import type { TransactionService } from './transaction-service.js'

export type Offset = number
/** Milliseconds since the epoch. */
export type TimestampMs = number

export interface PartitionId {
  readonly topic: string
  readonly partition: number
}

/** What a pipeline may ask an engine for; a missing one is refused at start with code and hint. */
export interface EngineCapabilities {
  /** Appends survive the end of the process (and, when `durable`, of the machine). */
  readonly persistent: boolean
  /** Records, state and group offsets can be one atomic append. */
  readonly atomicState: boolean
  readonly compaction: boolean
}

/**
 * One batch for one partition. Its base offset and leader epoch are ours to set, its CRC (attributes to end) must be
 * right. With a producer id in its header, its sequences are checked and a repetition is not appended again.
 */
export interface PartitionAppend extends PartitionId {
  /** Exactly one batch. Left alone by the caller until the append settles; copied, never kept. */
  readonly batch: Uint8Array
}

export interface AppendOptions {
  /** Connector state that becomes durable with the records, or not at all. */
  readonly state?: StateUpdate
  /** Group offsets that become durable with the records, or not at all. */
  readonly commits?: readonly OffsetsCommit[]
}

/** Where one PartitionAppend went; for a batch that was repeated, where it went the first time. */
export interface Appended extends PartitionId {
  readonly baseOffset: Offset
  readonly lastOffset: Offset
  /** The time that a topic with `timestampType` "append" gave the records; -1 when they keep their own. */
  readonly appendTimeMs: TimestampMs
}

/** `durable`: up to what survives the machine's death. `written`: for topics with `durability: "written"` up to what survives the process. */
export type Isolation = 'durable' | 'written'

/**
 * What a read gives of transactions. `committed`: records of committed transactions and of none, without the batches
 * that end transactions. `stable`: the batches as they are stored, up to the first record of an open transaction, and
 * beside them which ones were aborted. `all`: the batches as they are stored.
 */
export type TransactionView = 'committed' | 'stable' | 'all'

/** The transactional batches of the producer from the offset on, up to its next end of a transaction, do not count. */
export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: Offset
}

export interface PartitionRead extends PartitionId {
  /** The first record wanted; the batch that holds it comes whole. */
  readonly offset: Offset
  readonly maxBytes: number
}

export interface ReadLimits {
  /** Answer as soon as this many bytes are there over all partitions; 0 answers at once. */
  readonly minBytes: number
  /** Over all partitions. The first batch comes whole even when it is larger (KIP-74). */
  readonly maxBytes: number
  /** Answer with what is there after this long. */
  readonly maxWaitMs: number
  readonly isolation: Isolation
  /** `committed` when left out. */
  readonly transactions?: TransactionView
  /**
   * Asked once, behind the wait and before a byte is read, for the memory that the read needs: so many bytes are there
   * for it (Infinity when nobody knows). No more is read than it returns; 0 leaves out even the first batch.
   */
  readonly reserve?: (thereBytes: number) => number
}

/** What one partition answered. */
export interface PartitionChunk extends PartitionId {
  /** Whole batches, one behind the other; empty when there is nothing (yet). Owned by the reader. */
  readonly batches: Buffer
  /** The offset to read next: behind what was looked at, or the one asked for when there was nothing. */
  readonly nextOffset: Offset
  readonly highWatermark: Offset
  /** Where a read that is not of `all` ends: the first offset of an open transaction, else where the isolation ends. */
  readonly lastStableOffset: Offset
  /** In a view of `stable` those of which batches are here, by their first offsets; empty in every other. */
  readonly aborted: readonly AbortedTransaction[]
  readonly logStartOffset: Offset
  /** offset_out_of_range, unknown_partition or damaged; the other partitions answer all the same. */
  readonly error?: TailraceError
}

export interface ReadResult {
  /** In the order of the request, one for each. */
  readonly chunks: readonly PartitionChunk[]
}

export interface Bounds {
  readonly logStartOffset: Offset
  /** One behind the last durable record. */
  readonly highWatermark: Offset
  /** Where a read of isolation `written` ends. */
  readonly writtenWatermark: Offset
  /** The first offset of an open transaction; the written watermark when there is none. */
  readonly lastStableOffset: Offset
  /** One behind the last record that has an offset; not below the high watermark. */
  readonly logEndOffset: Offset
  /** Bytes of the partition's segments. */
  readonly bytes: number
}

/** A consumer whose unread records retention keeps, as long as the disk budget lasts. */
export interface KeptConsumer {
  readonly group: string
  readonly topics: readonly string[]
}

export interface EngineStatus {
  /** Bytes of segments and journal. */
  readonly usedBytes: number
  /** Bytes free on the file system; Infinity for memory. */
  readonly freeBytes: number
  /** Why appends are refused at the moment. */
  readonly refusing?: TailraceError
  /** Damage found since the start: what, where, which offsets. */
  readonly damage: readonly TailraceError[]
  /** Milliseconds that recovery took at the start. */
  readonly recoveryMs: number
}

export interface LogEngine {
  readonly capabilities: EngineCapabilities
  /** Made with the data directory (UUID); goes into everything that leaves, so that two hubs are never taken for one another. */
  readonly hubId: string
  /** Stands in the header of every batch that is appended now; from 0, higher after a start that followed a crash. */
  readonly leaderEpoch: number
  readonly topics: TopicAdmin
  readonly groups: GroupService
  readonly state: StateService
  readonly producers: ProducerService
  readonly transactions: TransactionService
  /** Aborted, with the error as its reason, when the engine had to stop (a failed sync, a lost data directory). */
  readonly failed: AbortSignal
  /**
   * All or nothing over all entries, state and commits; at most 8 MiB of batches. Resolves when fsynced (or written,
   * when every topic among the entries says so), in the order of `entries`. Appends take effect in the order of the
   * calls; but when one is refused, later ones may still succeed: whoever needs order waits before the next.
   * Retriable refusals (`log_disk_full`, `budget_used`) leave nothing behind.
   *
   * A batch with a producer id is judged in the order of the appends: one of the producer's last five again is answered
   * with its first offsets, once these are durable (or written); else out_of_order_sequence unless it follows the last
   * one, invalid_producer_epoch when its epoch is older than the last one's. One that belongs to a transaction is taken
   * while that is open and has named the partition (else invalid_transaction_state, or producer_fenced for an older run).
   */
  append(entries: readonly PartitionAppend[], options?: AppendOptions): Promise<readonly Appended[]>
  /** A long poll over many partitions; an aborted signal rejects with its reason. */
  read(partitions: readonly PartitionRead[], limits: ReadLimits, signal: AbortSignal): Promise<ReadResult>
  bounds(of: PartitionId): Promise<Bounds>
  /**
   * The first offset whose record's timestamp is at or after `at`; the high watermark when there is none. `earliest` is the
   * log start offset, `latest` the high watermark.
   */
  offsetFor(of: PartitionId, at: TimestampMs | 'earliest' | 'latest'): Promise<Offset>
  /** Moves the log start offset up to `before` (not beyond the high watermark); durable when it resolves. */
  deleteRecords(of: PartitionId, before: Offset): Promise<Offset>
  /** Replaces the list of consumers whose unread records are kept beyond retention. */
  keepFor(consumers: readonly KeptConsumer[]): void
  status(): Promise<EngineStatus>
  /** Makes everything durable and lets go of the data directory. Twice is fine. */
  close(): Promise<void>
}
