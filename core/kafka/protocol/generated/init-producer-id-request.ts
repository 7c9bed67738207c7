// Generated from messages/init-producer-id.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 2. */
export interface InitProducerIdRequest {
  readonly transactionalId: string | null
  readonly transactionTimeoutMs: number
  /** Versions 3+. */
  readonly producerId: number
  /** Versions 3+. */
  readonly producerEpoch: number
}

export function decodeInitProducerIdRequest(reader: MessageReader, version: number): InitProducerIdRequest {
  reader.flexible = version >= 2
  const transactionalId = reader.nullableString('InitProducerIdRequest.transactionalId')
  const transactionTimeoutMs = reader.int32('InitProducerIdRequest.transactionTimeoutMs')
  const producerId = version >= 3 ? reader.int64('InitProducerIdRequest.producerId') : -1
  const producerEpoch = version >= 3 ? reader.int16('InitProducerIdRequest.producerEpoch') : -1
  reader.skipTags('InitProducerIdRequest')
  return { transactionalId, transactionTimeoutMs, producerId, producerEpoch }
}

export function encodeInitProducerIdRequest(
  writer: MessageWriter,
  message: InitProducerIdRequest,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.nullableString(message.transactionalId)
  writer.int32(message.transactionTimeoutMs)
  if (version >= 3) writer.int64(message.producerId)
  if (version >= 3) writer.int16(message.producerEpoch)
  writer.tagCount(0)
}
