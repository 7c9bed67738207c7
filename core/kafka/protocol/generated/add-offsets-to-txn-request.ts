// Generated from messages/add-offsets-to-txn.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface AddOffsetsToTxnRequest {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
  readonly groupId: string
}

export function decodeAddOffsetsToTxnRequest(reader: MessageReader, version: number): AddOffsetsToTxnRequest {
  reader.flexible = version >= 3
  const transactionalId = reader.string('AddOffsetsToTxnRequest.transactionalId')
  const producerId = reader.int64('AddOffsetsToTxnRequest.producerId')
  const producerEpoch = reader.int16('AddOffsetsToTxnRequest.producerEpoch')
  const groupId = reader.string('AddOffsetsToTxnRequest.groupId')
  reader.skipTags('AddOffsetsToTxnRequest')
  return { transactionalId, producerId, producerEpoch, groupId }
}

export function encodeAddOffsetsToTxnRequest(
  writer: MessageWriter,
  message: AddOffsetsToTxnRequest,
  version: number,
): void {
  writer.flexible = version >= 3
  writer.string(message.transactionalId)
  writer.int64(message.producerId)
  writer.int16(message.producerEpoch)
  writer.string(message.groupId)
  writer.tagCount(0)
}
