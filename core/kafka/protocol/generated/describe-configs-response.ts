// Generated from messages/describe-configs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 4, flexible from 4. */
export interface DescribeConfigsResponse {
  readonly throttleTimeMs: number
  readonly results: readonly DescribeConfigsResponseResult[]
}

export interface DescribeConfigsResponseResult {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly DescribeConfigsResponseResultConfig[]
}

export interface DescribeConfigsResponseResultConfig {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
  readonly synonyms: readonly DescribeConfigsResponseResultConfigSynonym[]
  /** Versions 3+. */
  readonly configType: number
  /** Versions 3+. */
  readonly documentation: string | null
}

export interface DescribeConfigsResponseResultConfigSynonym {
  readonly name: string
  readonly value: string | null
  readonly source: number
}

export function decodeDescribeConfigsResponse(reader: MessageReader, version: number): DescribeConfigsResponse {
  reader.flexible = version >= 4
  const throttleTimeMs = reader.int32('DescribeConfigsResponse.throttleTimeMs')
  const resultsCount = reader.count('DescribeConfigsResponse.results', 7)
  const results: DescribeConfigsResponseResult[] = []
  for (let left = resultsCount; left > 0; left--) results.push(decodeDescribeConfigsResponseResult(reader, version))
  reader.skipTags('DescribeConfigsResponse')
  return { throttleTimeMs, results }
}

function decodeDescribeConfigsResponseResult(reader: MessageReader, version: number): DescribeConfigsResponseResult {
  const errorCode = reader.int16('DescribeConfigsResponse.results.errorCode')
  const errorMessage = reader.nullableString('DescribeConfigsResponse.results.errorMessage')
  const resourceType = reader.int8('DescribeConfigsResponse.results.resourceType')
  const resourceName = reader.string('DescribeConfigsResponse.results.resourceName')
  const configsCount = reader.count('DescribeConfigsResponse.results.configs', 9)
  const configs: DescribeConfigsResponseResultConfig[] = []
  for (let left = configsCount; left > 0; left--)
    configs.push(decodeDescribeConfigsResponseResultConfig(reader, version))
  reader.skipTags('DescribeConfigsResponse.results')
  return { errorCode, errorMessage, resourceType, resourceName, configs }
}

function decodeDescribeConfigsResponseResultConfig(
  reader: MessageReader,
  version: number,
): DescribeConfigsResponseResultConfig {
  const name = reader.string('DescribeConfigsResponse.results.configs.name')
  const value = reader.nullableString('DescribeConfigsResponse.results.configs.value')
  const readOnly = reader.bool('DescribeConfigsResponse.results.configs.readOnly')
  const configSource = reader.int8('DescribeConfigsResponse.results.configs.configSource')
  const isSensitive = reader.bool('DescribeConfigsResponse.results.configs.isSensitive')
  const synonymsCount = reader.count('DescribeConfigsResponse.results.configs.synonyms', 4)
  const synonyms: DescribeConfigsResponseResultConfigSynonym[] = []
  for (let left = synonymsCount; left > 0; left--)
    synonyms.push(decodeDescribeConfigsResponseResultConfigSynonym(reader))
  const configType = version >= 3 ? reader.int8('DescribeConfigsResponse.results.configs.configType') : 0
  const documentation =
    version >= 3 ? reader.nullableString('DescribeConfigsResponse.results.configs.documentation') : ''
  reader.skipTags('DescribeConfigsResponse.results.configs')
  return { name, value, readOnly, configSource, isSensitive, synonyms, configType, documentation }
}

function decodeDescribeConfigsResponseResultConfigSynonym(
  reader: MessageReader,
): DescribeConfigsResponseResultConfigSynonym {
  const name = reader.string('DescribeConfigsResponse.results.configs.synonyms.name')
  const value = reader.nullableString('DescribeConfigsResponse.results.configs.synonyms.value')
  const source = reader.int8('DescribeConfigsResponse.results.configs.synonyms.source')
  reader.skipTags('DescribeConfigsResponse.results.configs.synonyms')
  return { name, value, source }
}

export function encodeDescribeConfigsResponse(
  writer: MessageWriter,
  message: DescribeConfigsResponse,
  version: number,
): void {
  writer.flexible = version >= 4
  writer.int32(message.throttleTimeMs)
  writer.count(message.results)
  for (const element of message.results) encodeDescribeConfigsResponseResult(writer, element, version)
  writer.tagCount(0)
}

function encodeDescribeConfigsResponseResult(
  writer: MessageWriter,
  message: DescribeConfigsResponseResult,
  version: number,
): void {
  writer.int16(message.errorCode)
  writer.nullableString(message.errorMessage)
  writer.int8(message.resourceType)
  writer.string(message.resourceName)
  writer.count(message.configs)
  for (const element of message.configs) encodeDescribeConfigsResponseResultConfig(writer, element, version)
  writer.tagCount(0)
}

function encodeDescribeConfigsResponseResultConfig(
  writer: MessageWriter,
  message: DescribeConfigsResponseResultConfig,
  version: number,
): void {
  writer.string(message.name)
  writer.nullableString(message.value)
  writer.bool(message.readOnly)
  writer.int8(message.configSource)
  writer.bool(message.isSensitive)
  writer.count(message.synonyms)
  for (const element of message.synonyms) encodeDescribeConfigsResponseResultConfigSynonym(writer, element)
  if (version >= 3) writer.int8(message.configType)
  if (version >= 3) writer.nullableString(message.documentation)
  writer.tagCount(0)
}

function encodeDescribeConfigsResponseResultConfigSynonym(
  writer: MessageWriter,
  message: DescribeConfigsResponseResultConfigSynonym,
): void {
  writer.string(message.name)
  writer.nullableString(message.value)
  writer.int8(message.source)
  writer.tagCount(0)
}
