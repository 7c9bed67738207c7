// Generated from messages/alter-configs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface AlterConfigsResponse {
  readonly throttleTimeMs: number
  readonly resources: readonly AlterConfigsResponseResource[]
}

export interface AlterConfigsResponseResource {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
}

export function decodeAlterConfigsResponse(reader: MessageReader, version: number): AlterConfigsResponse {
  reader.flexible = version >= 2
  const throttleTimeMs = reader.int32('AlterConfigsResponse.throttleTimeMs')
  const resourcesCount = reader.count('AlterConfigsResponse.resources', 6)
  const resources: AlterConfigsResponseResource[] = []
  for (let left = resourcesCount; left > 0; left--) resources.push(decodeAlterConfigsResponseResource(reader))
  reader.skipTags('AlterConfigsResponse')
  return { throttleTimeMs, resources }
}

function decodeAlterConfigsResponseResource(reader: MessageReader): AlterConfigsResponseResource {
  const errorCode = reader.int16('AlterConfigsResponse.resources.errorCode')
  const errorMessage = reader.nullableString('AlterConfigsResponse.resources.errorMessage')
  const resourceType = reader.int8('AlterConfigsResponse.resources.resourceType')
  const resourceName = reader.string('AlterConfigsResponse.resources.resourceName')
  reader.skipTags('AlterConfigsResponse.resources')
  return { errorCode, errorMessage, resourceType, resourceName }
}

export function encodeAlterConfigsResponse(
  writer: MessageWriter,
  message: AlterConfigsResponse,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.int32(message.throttleTimeMs)
  writer.count(message.resources)
  for (const element of message.resources) encodeAlterConfigsResponseResource(writer, element)
  writer.tagCount(0)
}

function encodeAlterConfigsResponseResource(writer: MessageWriter, message: AlterConfigsResponseResource): void {
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.int8(message.resourceType)
  writer.string(message.resourceName)
  writer.tagCount(0)
}
