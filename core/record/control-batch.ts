// The batch that ends a transaction in a partition, as Kafka lays it out: a control batch with one record,
//
//   key    version int16 = 0   type int16: 0 abort, 1 commit
//   value  version int16 = 0   coordinator epoch int32
//
// with producer id and epoch in its header, and no sequence.

import { writeInt16, writeInt32, writeInt64, readInt16 } from '../bytes/big-endian.js'
import { batchField, batchHeaderBytes, markControl, sealBatch } from './batch-layout.js'
import { encodeBatch } from './encode-batch.js'

export type TransactionOutcome = 'commit' | 'abort'

const abortType = 0
const commitType = 1
/** There is one coordinator, which never moves. */
const coordinatorEpoch = 0
/** Behind the record's length, attributes, two deltas and the length of the key, a byte each. */
const keyPosition = batchHeaderBytes + 5

/** One sealed batch of one offset. */
export function encodeControlBatch(
  producer: { readonly producerId: number; readonly epoch: number },
  outcome: TransactionOutcome,
  timestampMs: number,
): Buffer {
  const key = Buffer.alloc(4)
  writeInt16(key, 2, outcome === 'commit' ? commitType : abortType)
  const value = Buffer.alloc(6)
  writeInt32(value, 2, coordinatorEpoch)
  const batch = encodeBatch([{ key, value, timestampMs }])
  markControl(batch, 0)
  writeInt64(batch, batchField.producerId, producer.producerId)
  writeInt16(batch, batchField.producerEpoch, producer.epoch)
  sealBatch(batch, 0, batch.length)
  return batch
}

/** What the control batch at `at` says; undefined for one that ends no transaction. */
export function outcomeOf(bytes: Uint8Array, at: number): TransactionOutcome | undefined {
  const type = readInt16(bytes, at + keyPosition + 2)
  if (type === commitType) return 'commit'
  return type === abortType ? 'abort' : undefined
}
