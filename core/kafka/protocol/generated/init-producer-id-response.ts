// Generated from messages/init-producer-id.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 2. */
export interface InitProducerIdResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly producerId: number
  readonly producerEpoch: number
}

export function decodeInitProducerIdResponse(reader: MessageReader, version: number): InitProducerIdResponse {
  reader.flexible = version >= 2
  const throttleTimeMs = reader.int32('InitProducerIdResponse.throttleTimeMs')
  const errorCode = reader.int16('InitProducerIdResponse.errorCode')
  const producerId = reader.int64('InitProducerIdResponse.producerId')
  const producerEpoch = reader.int16('InitProducerIdResponse.producerEpoch')
  reader.skipTags('InitProducerIdResponse')
  return { throttleTimeMs, errorCode, producerId, producerEpoch }
}

export function encodeInitProducerIdResponse(
  writer: MessageWriter,
  message: InitProducerIdResponse,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.int64(message.producerId)
  writer.int16(message.producerEpoch)
  writer.tagCount(0)
}
