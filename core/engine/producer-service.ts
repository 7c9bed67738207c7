// Producer ids: who a producer of batches with sequence numbers is. What the sequences say is judged by `append` itself
// (core/record/producer-table.ts has the rules).

import type { Offset, PartitionId, TimestampMs } from './log-engine.js'

/** What stands in the header of each of the producer's batches. */
export interface ProducerIdentity {
  /** From 0, below 2^53. */
  readonly producerId: number
  /** 0 to 32767. */
  readonly epoch: number
}

/** What a partition knows of a producer that wrote to it. */
export interface ProducerDescription extends ProducerIdentity {
  readonly lastSequence: number
  /** Of its last batch. */
  readonly lastOffset: Offset
  /** The largest timestamp in its last batch. */
  readonly lastTimestampMs: TimestampMs
  /** Of its open transaction in this partition; -1 without one. */
  readonly transactionStart: Offset
}

export interface ProducerService {
  /** An id that no producer of this hub had before, with epoch 0; what makes it so is durable when it resolves. */
  allocate(): Promise<ProducerIdentity>
  /**
   * The same id with the next epoch, for a producer that starts its sequences over: each partition refuses the older
   * epoch once it has seen the newer one. A new id when the epochs are used up or this hub never gave the id away. Asked
   * twice for the same epoch it answers the same, so that a lost answer may be asked for again.
   */
  bump(producer: ProducerIdentity): Promise<ProducerIdentity>
  /** The producers that the partition knows, least lately active first; unknown_topic, unknown_partition. */
  describe(of: PartitionId): readonly ProducerDescription[]
}
