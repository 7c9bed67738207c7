// Generated from messages/delete-groups.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface DeleteGroupsRequest {
  readonly groupsNames: readonly string[]
}

export function decodeDeleteGroupsRequest(reader: MessageReader, version: number): DeleteGroupsRequest {
  reader.flexible = version >= 2
  const groupsNamesCount = reader.count('DeleteGroupsRequest.groupsNames', 1)
  const groupsNames: string[] = []
  for (let left = groupsNamesCount; left > 0; left--) groupsNames.push(reader.string('DeleteGroupsRequest.groupsNames'))
  reader.skipTags('DeleteGroupsRequest')
  return { groupsNames }
}

export function encodeDeleteGroupsRequest(writer: MessageWriter, message: DeleteGroupsRequest, version: number): void {
  writer.flexible = version >= 2
  writer.count(message.groupsNames)
  for (const element of message.groupsNames) writer.string(element)
  writer.tagCount(0)
}
