// Generated from messages/join-group.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 9, flexible from 6. */
export interface JoinGroupResponse {
  /** Versions 2+. */
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly generationId: number
  /** Versions 7+. */
  readonly protocolType: string | null
  /** May be null in versions 7+. */
  readonly protocolName: string | null
  readonly leader: string
  /** Versions 9. */
  readonly skipAssignment: boolean
  readonly memberId: string
  readonly members: readonly JoinGroupResponseMember[]
}

export interface JoinGroupResponseMember {
  readonly memberId: string
  /** Versions 5+. */
  readonly groupInstanceId: string | null
  readonly metadata: Uint8Array
}

export function decodeJoinGroupResponse(reader: MessageReader, version: number): JoinGroupResponse {
  reader.flexible = version >= 6
  const throttleTimeMs = version >= 2 ? reader.int32('JoinGroupResponse.throttleTimeMs') : 0
  const errorCode = reader.int16('JoinGroupResponse.errorCode')
  const generationId = reader.int32('JoinGroupResponse.generationId')
  const protocolType = version >= 7 ? reader.nullableString('JoinGroupResponse.protocolType') : null
  const protocolName =
    version >= 7
      ? reader.nullableString('JoinGroupResponse.protocolName')
      : reader.string('JoinGroupResponse.protocolName')
  const leader = reader.string('JoinGroupResponse.leader')
  const skipAssignment = version >= 9 ? reader.bool('JoinGroupResponse.skipAssignment') : false
  const memberId = reader.string('JoinGroupResponse.memberId')
  const membersCount = reader.count('JoinGroupResponse.members', 4)
  const members: JoinGroupResponseMember[] = []
  for (let left = membersCount; left > 0; left--) members.push(decodeJoinGroupResponseMember(reader, version))
  reader.skipTags('JoinGroupResponse')
  return {
    throttleTimeMs,
    errorCode,
    generationId,
    protocolType,
    protocolName,
    leader,
    skipAssignment,
    memberId,
    members,
  }
}

function decodeJoinGroupResponseMember(reader: MessageReader, version: number): JoinGroupResponseMember {
  const memberId = reader.string('JoinGroupResponse.members.memberId')
  const groupInstanceId = version >= 5 ? reader.nullableString('JoinGroupResponse.members.groupInstanceId') : null
  const metadata = reader.bytes('JoinGroupResponse.members.metadata')
  reader.skipTags('JoinGroupResponse.members')
  return { memberId, groupInstanceId, metadata }
}

export function encodeJoinGroupResponse(writer: MessageWriter, message: JoinGroupResponse, version: number): void {
  writer.flexible = version >= 6
  if (version >= 2) writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.int32(message.generationId)
  if (version >= 7) writer.nullableString(message.protocolType)
  if (version >= 7) writer.nullableString(message.protocolName)
  else writer.string(message.protocolName)
  writer.string(message.leader)
  if (version >= 9) writer.bool(message.skipAssignment)
  writer.string(message.memberId)
  writer.count(message.members)
  for (const element of message.members) encodeJoinGroupResponseMember(writer, element, version)
  writer.tagCount(0)
}

function encodeJoinGroupResponseMember(writer: MessageWriter, message: JoinGroupResponseMember, version: number): void {
  writer.string(message.memberId)
  if (version >= 5) writer.nullableString(message.groupInstanceId)
  writer.bytes(message.metadata)
  writer.tagCount(0)
}
