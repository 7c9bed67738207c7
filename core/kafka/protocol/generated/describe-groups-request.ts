// Generated from messages/describe-groups.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 6, flexible from 5. */
export interface DescribeGroupsRequest {
  readonly groups: readonly string[]
  /** Versions 3+. */
  readonly includeAuthorizedOperations: boolean
}

export function decodeDescribeGroupsRequest(reader: MessageReader, version: number): DescribeGroupsRequest {
  reader.flexible = version >= 5
  const groupsCount = reader.count('DescribeGroupsRequest.groups', 1)
  const groups: string[] = []
  for (let left = groupsCount; left > 0; left--) groups.push(reader.string('DescribeGroupsRequest.groups'))
  const includeAuthorizedOperations =
    version >= 3 ? reader.bool('DescribeGroupsRequest.includeAuthorizedOperations') : false
  reader.skipTags('DescribeGroupsRequest')
  return { groups, includeAuthorizedOperations }
}

export function encodeDescribeGroupsRequest(
  writer: MessageWriter,
  message: DescribeGroupsRequest,
  version: number,
): void {
  writer.flexible = version >= 5
  writer.count(message.groups)
  for (const element of message.groups) writer.string(element)
  if (version >= 3) writer.bool(message.includeAuthorizedOperations)
  writer.tagCount(0)
}
