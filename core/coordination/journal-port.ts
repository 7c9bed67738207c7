// What the coordinator needs of the log: somewhere to keep its decisions.

import type { PartitionId } from '../engine/log-engine.js'

/** A record of the compacted topic `__tailrace_offsets`; a null value removes the key. */
export interface CoordinationRecord {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

export interface JournalPort {
  /**
   * Makes the records durable, all or none, behind everything that was appended before. The journal hands every
   * coordination record that became durable to `Coordinator.apply`, in its own order, whoever asked for the append,
   * and only then resolves: so the memory of the coordinator follows the log and nothing else. Taken in the turn of the
   * call, so that two calls keep their order. A rejection means that nothing was kept. The records of one call stay below
   * 6 MiB, with the bounds of limits.ts.
   */
  append(records: readonly CoordinationRecord[]): Promise<void>
  /** Is there such a partition? Offsets of others are not taken. */
  exists(partition: PartitionId): boolean
}
