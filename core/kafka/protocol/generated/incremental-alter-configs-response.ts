// Generated from messages/incremental-alter-configs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, flexible from 1. */
export interface IncrementalAlterConfigsResponse {
  readonly throttleTimeMs: number
  readonly resources: readonly IncrementalAlterConfigsResponseResource[]
}

export interface IncrementalAlterConfigsResponseResource {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

export function decodeIncrementalAlterConfigsResponse(
  reader: MessageReader,
  version: number,
): IncrementalAlterConfigsResponse {
  reader.flexible = version >= 1
  const throttleTimeMs = reader.int32('IncrementalAlterConfigsResponse.throttleTimeMs')
  const resourcesCount = reader.count('IncrementalAlterConfigsResponse.resources', 6)
  const resources: IncrementalAlterConfigsResponseResource[] = []
  for (let left = resourcesCount; left > 0; left--)
    resources.push(decodeIncrementalAlterConfigsResponseResource(reader))
  reader.skipTags('IncrementalAlterConfigsResponse')
  return { throttleTimeMs, resources }
}

function decodeIncrementalAlterConfigsResponseResource(reader: MessageReader): IncrementalAlterConfigsResponseResource {
  const errorCode = reader.int16('IncrementalAlterConfigsResponse.resources.errorCode')
  const errorMessage = reader.nullableString('IncrementalAlterConfigsResponse.resources.errorMessage')
  const resourceType = reader.int8('IncrementalAlterConfigsResponse.resources.resourceType')
  const resourceName = reader.string('IncrementalAlterConfigsResponse.resources.resourceName')
  reader.skipTags('IncrementalAlterConfigsResponse.resources')
  return { errorCode, errorMessage, resourceType, resourceName }
}

export function encodeIncrementalAlterConfigsResponse(
  writer: MessageWriter,
  message: IncrementalAlterConfigsResponse,
  version: number,
): void {
  writer.flexible = version >= 1
  writer.int32(message.throttleTimeMs)
  writer.count(message.resources)
  for (const element of message.resources) encodeIncrementalAlterConfigsResponseResource(writer, element)
  writer.tagCount(0)
}

function encodeIncrementalAlterConfigsResponseResource(
  writer: MessageWriter,
  message: IncrementalAlterConfigsResponseResource,
): void {
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.int8(message.resourceType)
  writer.string(message.resourceName)
  writer.tagCount(0)
}
