// Generated from messages/incremental-alter-configs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, flexible from 1. */
export interface IncrementalAlterConfigsRequest {
  readonly resources: readonly IncrementalAlterConfigsRequestResource[]
  readonly validateOnly: boolean
}

export interface IncrementalAlterConfigsRequestResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly IncrementalAlterConfigsRequestResourceConfig[]
}

export interface IncrementalAlterConfigsRequestResourceConfig {
  readonly name: string
  readonly configOperation: number
  readonly value: string | null
}

export function decodeIncrementalAlterConfigsRequest(
  reader: MessageReader,
  version: number,
): IncrementalAlterConfigsRequest {
  reader.flexible = version >= 1
  const resourcesCount = reader.count('IncrementalAlterConfigsRequest.resources', 4)
  const resources: IncrementalAlterConfigsRequestResource[] = []
  for (let left = resourcesCount; left > 0; left--) resources.push(decodeIncrementalAlterConfigsRequestResource(reader))
  const validateOnly = reader.bool('IncrementalAlterConfigsRequest.validateOnly')
  reader.skipTags('IncrementalAlterConfigsRequest')
  return { resources, validateOnly }
}

function decodeIncrementalAlterConfigsRequestResource(reader: MessageReader): IncrementalAlterConfigsRequestResource {
  const resourceType = reader.int8('IncrementalAlterConfigsRequest.resources.resourceType')
  const resourceName = reader.string('IncrementalAlterConfigsRequest.resources.resourceName')
  const configsCount = reader.count('IncrementalAlterConfigsRequest.resources.configs', 4)
  const configs: IncrementalAlterConfigsRequestResourceConfig[] = []
  for (let left = configsCount; left > 0; left--)
    configs.push(decodeIncrementalAlterConfigsRequestResourceConfig(reader))
  reader.skipTags('IncrementalAlterConfigsRequest.resources')
  return { resourceType, resourceName, configs }
}

function decodeIncrementalAlterConfigsRequestResourceConfig(
  reader: MessageReader,
): IncrementalAlterConfigsRequestResourceConfig {
  const name = reader.string('IncrementalAlterConfigsRequest.resources.configs.name')
  const configOperation = reader.int8('IncrementalAlterConfigsRequest.resources.configs.configOperation')
  const value = reader.nullableString('IncrementalAlterConfigsRequest.resources.configs.value')
  reader.skipTags('IncrementalAlterConfigsRequest.resources.configs')
  return { name, configOperation, value }
}

export function encodeIncrementalAlterConfigsRequest(
  writer: MessageWriter,
  message: IncrementalAlterConfigsRequest,
  version: number,
): void {
  writer.flexible = version >= 1
  writer.count(message.resources)
  for (const element of message.resources) encodeIncrementalAlterConfigsRequestResource(writer, element)
  writer.bool(message.validateOnly)
  writer.tagCount(0)
}

function encodeIncrementalAlterConfigsRequestResource(
  writer: MessageWriter,
  message: IncrementalAlterConfigsRequestResource,
): void {
  writer.int8(message.resourceType)
  writer.string(message.resourceName)
  writer.count(message.configs)
  for (const element of message.configs) encodeIncrementalAlterConfigsRequestResourceConfig(writer, element)
  writer.tagCount(0)
}

function encodeIncrementalAlterConfigsRequestResourceConfig(
  writer: MessageWriter,
  message: IncrementalAlterConfigsRequestResourceConfig,
): void {
  writer.string(message.name)
  writer.int8(message.configOperation)
  writer.nullableString(message.value)
  writer.tagCount(0)
}
