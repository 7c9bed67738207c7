// Generated from messages/end-txn.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface EndTxnRequest {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly committed: boolean
}

export function decodeEndTxnRequest(reader: MessageReader, version: number): EndTxnRequest {
  reader.flexible = version >= 3
  const transactionalId = reader.string('EndTxnRequest.transactionalId')
  const producerId = reader.int64('EndTxnRequest.producerId')
  const producerEpoch = reader.int16('EndTxnRequest.producerEpoch')
  const committed = reader.bool('EndTxnRequest.committed')
  reader.skipTags('EndTxnRequest')
  return { transactionalId, producerId, producerEpoch, committed }
}

export function encodeEndTxnRequest(writer: MessageWriter, message: EndTxnRequest, version: number): void {
  writer.flexible = version >= 3
  writer.string(message.transactionalId)
  writer.int64(message.producerId)
  writer.int16(message.producerEpoch)
  writer.bool(message.committed)
  writer.tagCount(0)
}
