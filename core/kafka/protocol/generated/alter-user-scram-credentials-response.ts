// Generated from messages/alter-user-scram-credentials.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface AlterUserScramCredentialsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly AlterUserScramCredentialsResponseResult[]
}

export interface AlterUserScramCredentialsResponseResult {
  readonly user: string
  readonly errorCode: number
  readonly errorMessage: string | null
}

export function decodeAlterUserScramCredentialsResponse(
  reader: MessageReader,
  _version: number,
): AlterUserScramCredentialsResponse {
  reader.flexible = true
  const throttleTimeMs = reader.int32('AlterUserScramCredentialsResponse.throttleTimeMs')
  const resultsCount = reader.count('AlterUserScramCredentialsResponse.results', 5)
  const results: AlterUserScramCredentialsResponseResult[] = []
  for (let left = resultsCount; left > 0; left--) results.push(decodeAlterUserScramCredentialsResponseResult(reader))
  reader.skipTags('AlterUserScramCredentialsResponse')
  return { throttleTimeMs, results }
}

function decodeAlterUserScramCredentialsResponseResult(reader: MessageReader): AlterUserScramCredentialsResponseResult {
  const user = reader.string('AlterUserScramCredentialsResponse.results.user')
  const errorCode = reader.int16('AlterUserScramCredentialsResponse.results.errorCode')
  const errorMessage = reader.nullableString('AlterUserScramCredentialsResponse.results.errorMessage')
  reader.skipTags('AlterUserScramCredentialsResponse.results')
  return { user, errorCode, errorMessage }
}

export function encodeAlterUserScramCredentialsResponse(
  writer: MessageWriter,
  message: AlterUserScramCredentialsResponse,
  _version: number,
): void {
  writer.flexible = true
  writer.int32(message.throttleTimeMs)
  writer.count(message.results)
  for (const element of message.results) encodeAlterUserScramCredentialsResponseResult(writer, element)
  writer.tagCount(0)
}

function encodeAlterUserScramCredentialsResponseResult(
  writer: MessageWriter,
  message: AlterUserScramCredentialsResponseResult,
): void {
  writer.string(message.user)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.tagCount(0)
}
