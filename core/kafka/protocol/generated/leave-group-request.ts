// Generated from messages/leave-group.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 4. */
export interface LeaveGroupRequest {
  readonly groupId: string
  /** Versions 0-2. */
  readonly memberId: string
  /** Versions 3+. */
  readonly members: readonly LeaveGroupRequestMember[]
}

export interface LeaveGroupRequestMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  /** Versions 5. */
  readonly reason: string | null
}

export function decodeLeaveGroupRequest(reader: MessageReader, version: number): LeaveGroupRequest {
  reader.flexible = version >= 4
  const groupId = reader.string('LeaveGroupRequest.groupId')
  const memberId = version <= 2 ? reader.string('LeaveGroupRequest.memberId') : ''
  const membersCount = version >= 3 ? reader.count('LeaveGroupRequest.members', 3) : 0
  const members: LeaveGroupRequestMember[] = []
  for (let left = membersCount; left > 0; left--) members.push(decodeLeaveGroupRequestMember(reader, version))
  reader.skipTags('LeaveGroupRequest')
  return { groupId, memberId, members }
}

function decodeLeaveGroupRequestMember(reader: MessageReader, version: number): LeaveGroupRequestMember {
  const memberId = reader.string('LeaveGroupRequest.members.memberId')
  const groupInstanceId = reader.nullableString('LeaveGroupRequest.members.groupInstanceId')
  const reason = version >= 5 ? reader.nullableString('LeaveGroupRequest.members.reason') : null
  reader.skipTags('LeaveGroupRequest.members')
  return { memberId, groupInstanceId, reason }
}

export function encodeLeaveGroupRequest(writer: MessageWriter, message: LeaveGroupRequest, version: number): void {
  writer.flexible = version >= 4
  writer.string(message.groupId)
  if (version <= 2) writer.string(message.memberId)
  if (version >= 3) {
    writer.count(message.members)
    for (const element of message.members) encodeLeaveGroupRequestMember(writer, element, version)
  }
  writer.tagCount(0)
}

function encodeLeaveGroupRequestMember(writer: MessageWriter, message: LeaveGroupRequestMember, version: number): void {
  writer.string(message.memberId)
  writer.nullableString(message.groupInstanceId)
  if (version >= 5) writer.nullableString(message.reason)
  writer.tagCount(0)
}
