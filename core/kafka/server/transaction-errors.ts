// What went wrong with a transaction, in the words of the version that asked: clients of older ones know fewer codes.

import { errorCodes } from '../protocol/error-codes.js'
import type { Failure } from './error-mapping.js'

interface KnownFrom {
  /** PRODUCER_FENCED; before, a newer producer shows in INVALID_PRODUCER_EPOCH. */
  readonly fenced: number
  /** TRANSACTION_ABORTABLE; before, INVALID_TXN_STATE, which ends a producer and not only its transaction. */
  readonly abortable: number
}

const never = Infinity

/** As Apache Kafka's KafkaApis.scala and AddPartitionsToTxnManager.scala have it. */
const knownFrom = {
  produce: { fenced: never, abortable: 11 },
  initProducerId: { fenced: 4, abortable: never },
  addPartitionsToTxn: { fenced: 2, abortable: never },
  addOffsetsToTxn: { fenced: 2, abortable: never },
  endTxn: { fenced: 2, abortable: never },
  txnOffsetCommit: { fenced: never, abortable: 4 },
} as const satisfies Readonly<Record<string, KnownFrom>>

/** The failure with the code that clients of this version of the API know. */
export function wordedFor(failure: Failure, api: keyof typeof knownFrom, version: number): Failure {
  const { code, message } = failure
  const { fenced, abortable } = knownFrom[api]
  if (code === errorCodes.PRODUCER_FENCED && version < fenced)
    return { code: errorCodes.INVALID_PRODUCER_EPOCH, message }
  if (code === errorCodes.INVALID_TXN_STATE && version >= abortable)
    return { code: errorCodes.TRANSACTION_ABORTABLE, message }
  return failure
}
