// Generated from messages/alter-user-scram-credentials.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface AlterUserScramCredentialsRequest {
  readonly deletions: readonly AlterUserScramCredentialsRequestDeletion[]
  readonly upsertions: readonly AlterUserScramCredentialsRequestUpsertion[]
}

export interface AlterUserScramCredentialsRequestDeletion {
  readonly name: string
  readonly mechanism: number
}

export interface AlterUserScramCredentialsRequestUpsertion {
  readonly name: string
  readonly mechanism: number
  readonly iterations: number
  readonly salt: Uint8Array
  readonly saltedPassword: Uint8Array
}

export function decodeAlterUserScramCredentialsRequest(
  reader: MessageReader,
  _version: number,
): AlterUserScramCredentialsRequest {
  reader.flexible = true
  const deletionsCount = reader.count('AlterUserScramCredentialsRequest.deletions', 3)
  const deletions: AlterUserScramCredentialsRequestDeletion[] = []
  for (let left = deletionsCount; left > 0; left--)
    deletions.push(decodeAlterUserScramCredentialsRequestDeletion(reader))
  const upsertionsCount = reader.count('AlterUserScramCredentialsRequest.upsertions', 9)
  const upsertions: AlterUserScramCredentialsRequestUpsertion[] = []
  for (let left = upsertionsCount; left > 0; left--)
    upsertions.push(decodeAlterUserScramCredentialsRequestUpsertion(reader))
  reader.skipTags('AlterUserScramCredentialsRequest')
  return { deletions, upsertions }
}

function decodeAlterUserScramCredentialsRequestDeletion(
  reader: MessageReader,
): AlterUserScramCredentialsRequestDeletion {
  const name = reader.string('AlterUserScramCredentialsRequest.deletions.name')
  const mechanism = reader.int8('AlterUserScramCredentialsRequest.deletions.mechanism')
  reader.skipTags('AlterUserScramCredentialsRequest.deletions')
  return { name, mechanism }
}

function decodeAlterUserScramCredentialsRequestUpsertion(
  reader: MessageReader,
): AlterUserScramCredentialsRequestUpsertion {
  const name = reader.string('AlterUserScramCredentialsRequest.upsertions.name')
  const mechanism = reader.int8('AlterUserScramCredentialsRequest.upsertions.mechanism')
  const iterations = reader.int32('AlterUserScramCredentialsRequest.upsertions.iterations')
  const salt = reader.bytes('AlterUserScramCredentialsRequest.upsertions.salt')
  const saltedPassword = reader.bytes('AlterUserScramCredentialsRequest.upsertions.saltedPassword')
  reader.skipTags('AlterUserScramCredentialsRequest.upsertions')
  return { name, mechanism, iterations, salt, saltedPassword }
}

export function encodeAlterUserScramCredentialsRequest(
  writer: MessageWriter,
  message: AlterUserScramCredentialsRequest,
  _version: number,
): void {
  writer.flexible = true
  writer.count(message.deletions)
  for (const element of message.deletions) encodeAlterUserScramCredentialsRequestDeletion(writer, element)
  writer.count(message.upsertions)
  for (const element of message.upsertions) encodeAlterUserScramCredentialsRequestUpsertion(writer, element)
  writer.tagCount(0)
}

function encodeAlterUserScramCredentialsRequestDeletion(
  writer: MessageWriter,
  message: AlterUserScramCredentialsRequestDeletion,
): void {
  writer.string(message.name)
  writer.int8(message.mechanism)
  writer.tagCount(0)
}

function encodeAlterUserScramCredentialsRequestUpsertion(
  writer: MessageWriter,
  message: AlterUserScramCredentialsRequestUpsertion,
): void {
  writer.string(message.name)
  writer.int8(message.mechanism)
  writer.int32(message.iterations)
  writer.bytes(message.salt)
  writer.bytes(message.saltedPassword)
  writer.tagCount(0)
}
