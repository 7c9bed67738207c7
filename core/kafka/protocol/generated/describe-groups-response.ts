// Generated from messages/describe-groups.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 6, flexible from 5. */
export interface DescribeGroupsResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number
  readonly groups: readonly DescribeGroupsResponseGroup[]
}

export interface DescribeGroupsResponseGroup {
  readonly errorCode: number
  /** Versions 6. */
  readonly errorMessage: string | null
  readonly groupId: string
  readonly groupState: string
  readonly protocolType: string
  readonly protocolData: string
  readonly members: readonly DescribeGroupsResponseGroupMember[]
  /** Versions 3+. */
  readonly authorizedOperations: number
}

export interface DescribeGroupsResponseGroupMember {
  readonly memberId: string
  /** Versions 4+. */
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly memberMetadata: Uint8Array
  readonly memberAssignment: Uint8Array
}

export function decodeDescribeGroupsResponse(reader: MessageReader, version: number): DescribeGroupsResponse {
  reader.flexible = version >= 5
  const throttleTimeMs = version >= 1 ? reader.int32('DescribeGroupsResponse.throttleTimeMs') : 0
  const groupsCount = reader.count('DescribeGroupsResponse.groups', 12)
  const groups: DescribeGroupsResponseGroup[] = []
  for (let left = groupsCount; left > 0; left--) groups.push(decodeDescribeGroupsResponseGroup(reader, version))
  reader.skipTags('DescribeGroupsResponse')
  return { throttleTimeMs, groups }
}

function decodeDescribeGroupsResponseGroup(reader: MessageReader, version: number): DescribeGroupsResponseGroup {
  const errorCode = reader.int16('DescribeGroupsResponse.groups.errorCode')
  const errorMessage = version >= 6 ? reader.nullableString('DescribeGroupsResponse.groups.errorMessage') : null
  const groupId = reader.string('DescribeGroupsResponse.groups.groupId')
  const groupState = reader.string('DescribeGroupsResponse.groups.groupState')
  const protocolType = reader.string('DescribeGroupsResponse.groups.protocolType')
  const protocolData = reader.string('DescribeGroupsResponse.groups.protocolData')
  const membersCount = reader.count('DescribeGroupsResponse.groups.members', 7)
  const members: DescribeGroupsResponseGroupMember[] = []
  for (let left = membersCount; left > 0; left--) members.push(decodeDescribeGroupsResponseGroupMember(reader, version))
  const authorizedOperations =
    version >= 3 ? reader.int32('DescribeGroupsResponse.groups.authorizedOperations') : -2147483648
  reader.skipTags('DescribeGroupsResponse.groups')
  return { errorCode, errorMessage, groupId, groupState, protocolType, protocolData, members, authorizedOperations }
}

function decodeDescribeGroupsResponseGroupMember(
  reader: MessageReader,
  version: number,
): DescribeGroupsResponseGroupMember {
  const memberId = reader.string('DescribeGroupsResponse.groups.members.memberId')
  const groupInstanceId =
    version >= 4 ? reader.nullableString('DescribeGroupsResponse.groups.members.groupInstanceId') : null
  const clientId = reader.string('DescribeGroupsResponse.groups.members.clientId')
  const clientHost = reader.string('DescribeGroupsResponse.groups.members.clientHost')
  const memberMetadata = reader.bytes('DescribeGroupsResponse.groups.members.memberMetadata')
  const memberAssignment = reader.bytes('DescribeGroupsResponse.groups.members.memberAssignment')
  reader.skipTags('DescribeGroupsResponse.groups.members')
  return { memberId, groupInstanceId, clientId, clientHost, memberMetadata, memberAssignment }
}

export function encodeDescribeGroupsResponse(
  writer: MessageWriter,
  message: DescribeGroupsResponse,
  version: number,
): void {
  writer.flexible = version >= 5
  if (version >= 1) writer.int32(message.throttleTimeMs)
  writer.count(message.groups)
  for (const element of message.groups) encodeDescribeGroupsResponseGroup(writer, element, version)
  writer.tagCount(0)
}

function encodeDescribeGroupsResponseGroup(
  writer: MessageWriter,
  message: DescribeGroupsResponseGroup,
  version: number,
): void {
  writer.int16(message.errorCode)
  if (version >= 6) writer.nullableString(message.errorMessage)
  writer.string(message.groupId)
  writer.string(message.groupState)
  writer.string(message.protocolType)
  writer.string(message.protocolData)
  writer.count(message.members)
  for (const element of message.members) encodeDescribeGroupsResponseGroupMember(writer, element, version)
  if (version >= 3) writer.int32(message.authorizedOperations)
  writer.tagCount(0)
}

function encodeDescribeGroupsResponseGroupMember(
  writer: MessageWriter,
  message: DescribeGroupsResponseGroupMember,
  version: number,
): void {
  writer.string(message.memberId)
  if (version >= 4) writer.nullableString(message.groupInstanceId)
  writer.string(message.clientId)
  writer.string(message.clientHost)
  writer.bytes(message.memberMetadata)
  writer.bytes(message.memberAssignment)
  writer.tagCount(0)
}
