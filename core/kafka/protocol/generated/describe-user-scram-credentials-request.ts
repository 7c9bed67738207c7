// Generated from messages/describe-user-scram-credentials.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeUserScramCredentialsRequest {
  readonly users: readonly DescribeUserScramCredentialsRequestUser[] | null
}

export interface DescribeUserScramCredentialsRequestUser {
  readonly name: string
}

export function decodeDescribeUserScramCredentialsRequest(
  reader: MessageReader,
  _version: number,
): DescribeUserScramCredentialsRequest {
  reader.flexible = true
  const usersCount = reader.nullableCount('DescribeUserScramCredentialsRequest.users', 2)
  const users: DescribeUserScramCredentialsRequestUser[] = []
  for (let left = usersCount; left > 0; left--) users.push(decodeDescribeUserScramCredentialsRequestUser(reader))
  reader.skipTags('DescribeUserScramCredentialsRequest')
  return { users: usersCount === -1 ? null : users }
}

function decodeDescribeUserScramCredentialsRequestUser(reader: MessageReader): DescribeUserScramCredentialsRequestUser {
  const name = reader.string('DescribeUserScramCredentialsRequest.users.name')
  reader.skipTags('DescribeUserScramCredentialsRequest.users')
  return { name }
}

export function encodeDescribeUserScramCredentialsRequest(
  writer: MessageWriter,
  message: DescribeUserScramCredentialsRequest,
  _version: number,
): void {
  writer.flexible = true
  writer.nullableCount(message.users)
  for (const element of message.users ?? []) encodeDescribeUserScramCredentialsRequestUser(writer, element)
  writer.tagCount(0)
}

function encodeDescribeUserScramCredentialsRequestUser(
  writer: MessageWriter,
  message: DescribeUserScramCredentialsRequestUser,
): void {
  writer.string(message.name)
  writer.tagCount(0)
}
