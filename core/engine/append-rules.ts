// What an append must be like before an engine looks at anything else. Shared by every engine.

import {
  baseSequenceOf,
  baseTimestampOf,
  batchBytes,
  checkBatch,
  hasProducer,
  isControl,
  isDense,
  isLogAppendTime,
  isTransactional,
  maxTimestampOf,
  producerEpochOf,
  producerIdOf,
  recordCountOf,
} from '../record/batch-layout.js'
import { engineErrors } from './errors.js'
import type { PartitionAppend } from './log-engine.js'
import { maxAppendBytes } from './topic-rules.js'

/** append_too_large beyond 8 MiB over all batches. */
export function checkAppendSize(entries: readonly PartitionAppend[]): void {
  let bytes = 0
  for (const { batch } of entries) bytes += batch.length
  if (bytes <= maxAppendBytes) return
  throw engineErrors.make('append_too_large', `an append of ${bytes} bytes; ${maxAppendBytes} are the most`, {
    details: { bytes, most: maxAppendBytes },
  })
}

/**
 * Exactly one whole, intact batch of a producer's records: one record for each offset, no end of a transaction.
 * Errors: batch_too_large, corrupt_batch.
 */
export function checkBatchToAppend({ topic, partition, batch }: PartitionAppend, maxBatchBytes: number): void {
  if (batch.length > maxBatchBytes) {
    throw engineErrors.make(
      'batch_too_large',
      `a batch of ${batch.length} bytes for ${topic} partition ${partition}; ${maxBatchBytes} are the most`,
      { details: { topic, partition, bytes: batch.length, maxBatchBytes } },
    )
  }
  const fault = checkBatch(batch, 0, batch.length) ?? producerFault(batch)
  if (fault === undefined) return
  throw engineErrors.make('corrupt_batch', `a batch for ${topic} partition ${partition} is refused: ${fault}`, {
    details: { topic, partition, fault },
  })
}

function producerFault(batch: Uint8Array): string | undefined {
  if (batchBytes(batch, 0) !== batch.length) return 'bytes follow it'
  if (recordCountOf(batch, 0) === 0 || !isDense(batch, 0)) return 'it has not one record for each offset'
  if (isLogAppendTime(batch, 0)) return 'it claims the time of its append, which only the log can give'
  if (!areSafeTimes(batch)) return 'its times are not within 2^53 milliseconds'
  if (isControl(batch, 0)) return 'it is the end of a transaction'
  if (hasProducer(batch, 0)) return sequenceFault(batch)
  return isTransactional(batch, 0) ? 'it belongs to a transaction, but to no producer' : undefined
}

/** Beyond, a time would not come out of the log as it went in. */
function areSafeTimes(batch: Uint8Array): boolean {
  return Number.isSafeInteger(baseTimestampOf(batch, 0)) && Number.isSafeInteger(maxTimestampOf(batch, 0))
}

function sequenceFault(batch: Uint8Array): string | undefined {
  if (!Number.isSafeInteger(producerIdOf(batch, 0))) return 'its producer id is not below 2^53'
  if (producerEpochOf(batch, 0) < 0) return 'its producer has an id, but no epoch'
  if (baseSequenceOf(batch, 0) < 0) return 'its producer has an id, but no sequence'
  return undefined
}
