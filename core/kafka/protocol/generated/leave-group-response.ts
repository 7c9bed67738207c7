// Generated from messages/leave-group.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 4. */
export interface LeaveGroupResponse {
  /** Versions 1+. */
  readonly throttleTimeMs: number
  readonly errorCode: number
  /** Versions 3+. */
  readonly members: readonly LeaveGroupResponseMember[]
}

export interface LeaveGroupResponseMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly errorCode: number
}

export function decodeLeaveGroupResponse(reader: MessageReader, version: number): LeaveGroupResponse {
  reader.flexible = version >= 4
  const throttleTimeMs = version >= 1 ? reader.int32('LeaveGroupResponse.throttleTimeMs') : 0
  const errorCode = reader.int16('LeaveGroupResponse.errorCode')
  const membersCount = version >= 3 ? reader.count('LeaveGroupResponse.members', 5) : 0
  const members: LeaveGroupResponseMember[] = []
  for (let left = membersCount; left > 0; left--) members.push(decodeLeaveGroupResponseMember(reader))
  reader.skipTags('LeaveGroupResponse')
  return { throttleTimeMs, errorCode, members }
}

function decodeLeaveGroupResponseMember(reader: MessageReader): LeaveGroupResponseMember {
  const memberId = reader.string('LeaveGroupResponse.members.memberId')
  const groupInstanceId = reader.nullableString('LeaveGroupResponse.members.groupInstanceId')
  const errorCode = reader.int16('LeaveGroupResponse.members.errorCode')
  reader.skipTags('LeaveGroupResponse.members')
  return { memberId, groupInstanceId, errorCode }
}

export function encodeLeaveGroupResponse(writer: MessageWriter, message: LeaveGroupResponse, version: number): void {
  writer.flexible = version >= 4
  if (version >= 1) writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  if (version >= 3) {
    writer.count(message.members)
    for (const element of message.members) encodeLeaveGroupResponseMember(writer, element)
  }
  writer.tagCount(0)
}

function encodeLeaveGroupResponseMember(writer: MessageWriter, message: LeaveGroupResponseMember): void {
  writer.string(message.memberId)
  writer.nullableString(message.groupInstanceId)
  writer.int16(message.errorCode)
  writer.tagCount(0)
}
