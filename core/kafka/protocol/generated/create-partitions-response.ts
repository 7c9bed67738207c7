// Generated from messages/create-partitions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 3, flexible from 2. */
export interface CreatePartitionsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly CreatePartitionsResponseResult[]
}

export interface CreatePartitionsResponseResult {
  readonly name: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function decodeCreatePartitionsResponse(reader: MessageReader, version: number): CreatePartitionsResponse {
  reader.flexible = version >= 2
  const throttleTimeMs = reader.int32('CreatePartitionsResponse.throttleTimeMs')
  const resultsCount = reader.count('CreatePartitionsResponse.results', 5)
  const results: CreatePartitionsResponseResult[] = []
  for (let left = resultsCount; left > 0; left--) results.push(decodeCreatePartitionsResponseResult(reader))
  reader.skipTags('CreatePartitionsResponse')
  return { throttleTimeMs, results }
}

function decodeCreatePartitionsResponseResult(reader: MessageReader): CreatePartitionsResponseResult {
  const name = reader.string('CreatePartitionsResponse.results.name')
  const errorCode = reader.int16('CreatePartitionsResponse.results.errorCode')
  const errorMessage = reader.nullableString('CreatePartitionsResponse.results.errorMessage')
  reader.skipTags('CreatePartitionsResponse.results')
  return { name, errorCode, errorMessage }
}

export function encodeCreatePartitionsResponse(
  writer: MessageWriter,
  message: CreatePartitionsResponse,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.int32(message.throttleTimeMs)
  writer.count(message.results)
  for (const element of message.results) encodeCreatePartitionsResponseResult(writer, element)
  writer.tagCount(0)
}

function encodeCreatePartitionsResponseResult(writer: MessageWriter, message: CreatePartitionsResponseResult): void {
  writer.string(message.name)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.tagCount(0)
}
