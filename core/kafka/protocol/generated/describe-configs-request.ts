// Generated from messages/describe-configs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 1 to 4, flexible from 4. */
export interface DescribeConfigsRequest {
  readonly resources: readonly DescribeConfigsRequestResource[]
  readonly includeSynonyms: boolean
  /** Versions 3+. */
  readonly includeDocumentation: boolean
}

export interface DescribeConfigsRequestResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configurationKeys: readonly string[] | null
}

export function decodeDescribeConfigsRequest(reader: MessageReader, version: number): DescribeConfigsRequest {
  reader.flexible = version >= 4
  const resourcesCount = reader.count('DescribeConfigsRequest.resources', 4)
  const resources: DescribeConfigsRequestResource[] = []
  for (let left = resourcesCount; left > 0; left--) resources.push(decodeDescribeConfigsRequestResource(reader))
  const includeSynonyms = reader.bool('DescribeConfigsRequest.includeSynonyms')
  const includeDocumentation = version >= 3 ? reader.bool('DescribeConfigsRequest.includeDocumentation') : false
  reader.skipTags('DescribeConfigsRequest')
  return { resources, includeSynonyms, includeDocumentation }
}

function decodeDescribeConfigsRequestResource(reader: MessageReader): DescribeConfigsRequestResource {
  const resourceType = reader.int8('DescribeConfigsRequest.resources.resourceType')
  const resourceName = reader.string('DescribeConfigsRequest.resources.resourceName')
  const configurationKeysCount = reader.nullableCount('DescribeConfigsRequest.resources.configurationKeys', 1)
  const configurationKeys: string[] = []
  for (let left = configurationKeysCount; left > 0; left--)
    configurationKeys.push(reader.string('DescribeConfigsRequest.resources.configurationKeys'))
  reader.skipTags('DescribeConfigsRequest.resources')
  return { resourceType, resourceName, configurationKeys: configurationKeysCount === -1 ? null : configurationKeys }
}

export function encodeDescribeConfigsRequest(
  writer: MessageWriter,
  message: DescribeConfigsRequest,
  version: number,
): void {
  writer.flexible = version >= 4
  writer.count(message.resources)
  for (const element of message.resources) encodeDescribeConfigsRequestResource(writer, element)
  writer.bool(message.includeSynonyms)
  if (version >= 3) writer.bool(message.includeDocumentation)
  writer.tagCount(0)
}

function encodeDescribeConfigsRequestResource(writer: MessageWriter, message: DescribeConfigsRequestResource): void {
  writer.int8(message.resourceType)
  writer.string(message.resourceName)
  writer.nullableCount(message.configurationKeys)
  for (const element of message.configurationKeys ?? []) writer.string(element)
  writer.tagCount(0)
}
