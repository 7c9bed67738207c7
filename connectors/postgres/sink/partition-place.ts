// Where the sink is in one partition.
//
//   durable <= read        what is between is in the open transaction, or on its way into one
//   read <= accepted       unless a failure threw back what was on its way: then it is read again up to there

import type { SinkPartition } from '../../../core/connector/sink.js'

export interface PartitionPlace extends SinkPartition {
  readonly epoch: number
  /** All below is committed in the target. */
  durableOffset: number
  /** The next record to be taken. */
  readOffset: number
  /** What the runtime gave and the sink promised to bring in. */
  acceptedOffset: number
  /** Below this, records are applied so that a bad one is found. */
  carefulOffset: number
}
