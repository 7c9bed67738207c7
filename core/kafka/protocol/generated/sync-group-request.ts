// Generated from messages/sync-group.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 4. */
export interface SyncGroupRequest {
  readonly groupId: string
  readonly generationId: number
  readonly memberId: string
  /** Versions 3+. */
  readonly groupInstanceId: string | null
  /** Versions 5. */
  readonly protocolType: string | null
  /** Versions 5. */
  readonly protocolName: string | null
  readonly assignments: readonly SyncGroupRequestAssignment[]
}

export interface SyncGroupRequestAssignment {
  readonly memberId: string
  readonly assignment: Uint8Array
}

export function decodeSyncGroupRequest(reader: MessageReader, version: number): SyncGroupRequest {
  reader.flexible = version >= 4
  const groupId = reader.string('SyncGroupRequest.groupId')
  const generationId = reader.int32('SyncGroupRequest.generationId')
  const memberId = reader.string('SyncGroupRequest.memberId')
  const groupInstanceId = version >= 3 ? reader.nullableString('SyncGroupRequest.groupInstanceId') : null
  const protocolType = version >= 5 ? reader.nullableString('SyncGroupRequest.protocolType') : null
  const protocolName = version >= 5 ? reader.nullableString('SyncGroupRequest.protocolName') : null
  const assignmentsCount = reader.count('SyncGroupRequest.assignments', 3)
  const assignments: SyncGroupRequestAssignment[] = []
  for (let left = assignmentsCount; left > 0; left--) assignments.push(decodeSyncGroupRequestAssignment(reader))
  reader.skipTags('SyncGroupRequest')
  return { groupId, generationId, memberId, groupInstanceId, protocolType, protocolName, assignments }
}

function decodeSyncGroupRequestAssignment(reader: MessageReader): SyncGroupRequestAssignment {
  const memberId = reader.string('SyncGroupRequest.assignments.memberId')
  const assignment = reader.bytes('SyncGroupRequest.assignments.assignment')
  reader.skipTags('SyncGroupRequest.assignments')
  return { memberId, assignment }
}

export function encodeSyncGroupRequest(writer: MessageWriter, message: SyncGroupRequest, version: number): void {
  writer.flexible = version >= 4
  writer.string(message.groupId)
  writer.int32(message.generationId)
  writer.string(message.memberId)
  if (version >= 3) writer.nullableString(message.groupInstanceId)
  if (version >= 5) writer.nullableString(message.protocolType)
  if (version >= 5) writer.nullableString(message.protocolName)
  writer.count(message.assignments)
  for (const element of message.assignments) encodeSyncGroupRequestAssignment(writer, element)
  writer.tagCount(0)
}

function encodeSyncGroupRequestAssignment(writer: MessageWriter, message: SyncGroupRequestAssignment): void {
  writer.string(message.memberId)
  writer.bytes(message.assignment)
  writer.tagCount(0)
}
