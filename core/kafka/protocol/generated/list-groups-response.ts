// Generated from messages/list-groups.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 3. */
export interface ListGroupsResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly groups: readonly ListGroupsResponseGroup[]
}

export interface ListGroupsResponseGroup {
  readonly groupId: string
  readonly protocolType: string
  /** Versions 4+. */
  readonly groupState: string
  /** Versions 5. */
  readonly groupType: string
}

export function decodeListGroupsResponse(reader: MessageReader, version: number): ListGroupsResponse {
  reader.flexible = version >= 3
  const throttleTimeMs = version >= 1 ? reader.int32('ListGroupsResponse.throttleTimeMs') : 0
  const errorCode = reader.int16('ListGroupsResponse.errorCode')
  const groupsCount = reader.count('ListGroupsResponse.groups', 3)
  const groups: ListGroupsResponseGroup[] = []
  for (let left = groupsCount; left > 0; left--) groups.push(decodeListGroupsResponseGroup(reader, version))
  reader.skipTags('ListGroupsResponse')
  return { throttleTimeMs, errorCode, groups }
}

function decodeListGroupsResponseGroup(reader: MessageReader, version: number): ListGroupsResponseGroup {
  const groupId = reader.string('ListGroupsResponse.groups.groupId')
  const protocolType = reader.string('ListGroupsResponse.groups.protocolType')
  const groupState = version >= 4 ? reader.string('ListGroupsResponse.groups.groupState') : ''
  const groupType = version >= 5 ? reader.string('ListGroupsResponse.groups.groupType') : ''
  reader.skipTags('ListGroupsResponse.groups')
  return { groupId, protocolType, groupState, groupType }
}

export function encodeListGroupsResponse(writer: MessageWriter, message: ListGroupsResponse, version: number): void {
  writer.flexible = version >= 3
  if (version >= 1) writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.count(message.groups)
  for (const element of message.groups) encodeListGroupsResponseGroup(writer, element, version)
  writer.tagCount(0)
}

function encodeListGroupsResponseGroup(writer: MessageWriter, message: ListGroupsResponseGroup, version: number): void {
  writer.string(message.groupId)
  writer.string(message.protocolType)
  if (version >= 4) writer.string(message.groupState)
  if (version >= 5) writer.string(message.groupType)
  writer.tagCount(0)
}
