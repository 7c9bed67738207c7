// Generated from messages/describe-user-scram-credentials.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeUserScramCredentialsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly results: readonly DescribeUserScramCredentialsResponseResult[]
}

export interface DescribeUserScramCredentialsResponseResult {
  readonly user: string
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly credentialInfos: readonly DescribeUserScramCredentialsResponseResultCredentialInfo[]
}

export interface DescribeUserScramCredentialsResponseResultCredentialInfo {
  readonly mechanism: number
  readonly iterations: number
}

export function decodeDescribeUserScramCredentialsResponse(
  reader: MessageReader,
  _version: number,
): DescribeUserScramCredentialsResponse {
  reader.flexible = true
  const throttleTimeMs = reader.int32('DescribeUserScramCredentialsResponse.throttleTimeMs')
  const errorCode = reader.int16('DescribeUserScramCredentialsResponse.errorCode')
  const errorMessage = reader.nullableString('DescribeUserScramCredentialsResponse.errorMessage')
  const resultsCount = reader.count('DescribeUserScramCredentialsResponse.results', 6)
  const results: DescribeUserScramCredentialsResponseResult[] = []
  for (let left = resultsCount; left > 0; left--) results.push(decodeDescribeUserScramCredentialsResponseResult(reader))
  reader.skipTags('DescribeUserScramCredentialsResponse')
  return { throttleTimeMs, errorCode, errorMessage, results }
}

function decodeDescribeUserScramCredentialsResponseResult(
  reader: MessageReader,
): DescribeUserScramCredentialsResponseResult {
  const user = reader.string('DescribeUserScramCredentialsResponse.results.user')
  const errorCode = reader.int16('DescribeUserScramCredentialsResponse.results.errorCode')
  const errorMessage = reader.nullableString('DescribeUserScramCredentialsResponse.results.errorMessage')
  const credentialInfosCount = reader.count('DescribeUserScramCredentialsResponse.results.credentialInfos', 6)
  const credentialInfos: DescribeUserScramCredentialsResponseResultCredentialInfo[] = []
  for (let left = credentialInfosCount; left > 0; left--)
    credentialInfos.push(decodeDescribeUserScramCredentialsResponseResultCredentialInfo(reader))
  reader.skipTags('DescribeUserScramCredentialsResponse.results')
  return { user, errorCode, errorMessage, credentialInfos }
}

function decodeDescribeUserScramCredentialsResponseResultCredentialInfo(
  reader: MessageReader,
): DescribeUserScramCredentialsResponseResultCredentialInfo {
  const mechanism = reader.int8('DescribeUserScramCredentialsResponse.results.credentialInfos.mechanism')
  const iterations = reader.int32('DescribeUserScramCredentialsResponse.results.credentialInfos.iterations')
  reader.skipTags('DescribeUserScramCredentialsResponse.results.credentialInfos')
  return { mechanism, iterations }
}

export function encodeDescribeUserScramCredentialsResponse(
  writer: MessageWriter,
  message: DescribeUserScramCredentialsResponse,
  _version: number,
): void {
  writer.flexible = true
  writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.count(message.results)
  for (const element of message.results) encodeDescribeUserScramCredentialsResponseResult(writer, element)
  writer.tagCount(0)
}

function encodeDescribeUserScramCredentialsResponseResult(
  writer: MessageWriter,
  message: DescribeUserScramCredentialsResponseResult,
): void {
  writer.string(message.user)
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.count(message.credentialInfos)
  for (const element of message.credentialInfos)
    encodeDescribeUserScramCredentialsResponseResultCredentialInfo(writer, element)
  writer.tagCount(0)
}

function encodeDescribeUserScramCredentialsResponseResultCredentialInfo(
  writer: MessageWriter,
  message: DescribeUserScramCredentialsResponseResultCredentialInfo,
): void {
  writer.int8(message.mechanism)
  writer.int32(message.iterations)
  writer.tagCount(0)
}
