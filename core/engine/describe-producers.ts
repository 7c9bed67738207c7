// The producers of one partition as ProducerService describes them. Shared by every engine.

import { lastOffsetOfProduced, type ProducedBatch } from '../record/producer-sequences.js'
import type { PartitionTransactions } from '../record/partition-transactions.js'
import type { ProducerTable } from '../record/producer-table.js'
import type { ProducerDescription } from './producer-service.js'

export function describeProducers(of: {
  readonly producers: ProducerTable
  readonly transactions: PartitionTransactions
}): readonly ProducerDescription[] {
  return Array.from(of.producers.entries(), ([producerId, entry]) => {
    const last = entry.batches.at(-1) as ProducedBatch
    return {
      producerId,
      epoch: entry.epoch,
      lastSequence: last.lastSequence,
      lastOffset: lastOffsetOfProduced(last),
      lastTimestampMs: entry.lastTimestampMs,
      transactionStart: of.transactions.openOf(producerId)?.place.firstOffset ?? -1,
    }
  })
}
