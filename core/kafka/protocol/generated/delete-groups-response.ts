// Generated from messages/delete-groups.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface DeleteGroupsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly DeleteGroupsResponseResult[]
}

export interface DeleteGroupsResponseResult {
  readonly groupId: string
  readonly errorCode: number
}

export function decodeDeleteGroupsResponse(reader: MessageReader, version: number): DeleteGroupsResponse {
  reader.flexible = version >= 2
  const throttleTimeMs = reader.int32('DeleteGroupsResponse.throttleTimeMs')
  const resultsCount = reader.count('DeleteGroupsResponse.results', 4)
  const results: DeleteGroupsResponseResult[] = []
  for (let left = resultsCount; left > 0; left--) results.push(decodeDeleteGroupsResponseResult(reader))
  reader.skipTags('DeleteGroupsResponse')
  return { throttleTimeMs, results }
}

function decodeDeleteGroupsResponseResult(reader: MessageReader): DeleteGroupsResponseResult {
  const groupId = reader.string('DeleteGroupsResponse.results.groupId')
  const errorCode = reader.int16('DeleteGroupsResponse.results.errorCode')
  reader.skipTags('DeleteGroupsResponse.results')
  return { groupId, errorCode }
}

export function encodeDeleteGroupsResponse(
  writer: MessageWriter,
  message: DeleteGroupsResponse,
  version: number,
): void {
  writer.flexible = version >= 2
  writer.int32(message.throttleTimeMs)
  writer.count(message.results)
  for (const element of message.results) encodeDeleteGroupsResponseResult(writer, element)
  writer.tagCount(0)
}

function encodeDeleteGroupsResponseResult(writer: MessageWriter, message: DeleteGroupsResponseResult): void {
  writer.string(message.groupId)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}
