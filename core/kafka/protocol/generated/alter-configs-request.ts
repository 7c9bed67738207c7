// Generated from messages/alter-configs.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 2, flexible from 2. */
export interface AlterConfigsRequest {
  readonly resources: readonly AlterConfigsRequestResource[]
  readonly validateOnly: boolean
}

export interface AlterConfigsRequestResource {
  readonly resourceType: number
  readonly resourceName: string
  readonly configs: readonly AlterConfigsRequestResourceConfig[]
}

export interface AlterConfigsRequestResourceConfig {
  readonly name: string
  readonly value: string | null
}

export function decodeAlterConfigsRequest(reader: MessageReader, version: number): AlterConfigsRequest {
  reader.flexible = version >= 2
  const resourcesCount = reader.count('AlterConfigsRequest.resources', 4)
  const resources: AlterConfigsRequestResource[] = []
  for (let left = resourcesCount; left > 0; left--) resources.push(decodeAlterConfigsRequestResource(reader))
  const validateOnly = reader.bool('AlterConfigsRequest.validateOnly')
  reader.skipTags('AlterConfigsRequest')
  return { resources, validateOnly }
}

function decodeAlterConfigsRequestResource(reader: MessageReader): AlterConfigsRequestResource {
  const resourceType = reader.int8('AlterConfigsRequest.resources.resourceType')
  const resourceName = reader.string('AlterConfigsRequest.resources.resourceName')
  const configsCount = reader.count('AlterConfigsRequest.resources.configs', 3)
  const configs: AlterConfigsRequestResourceConfig[] = []
  for (let left = configsCount; left > 0; left--) configs.push(decodeAlterConfigsRequestResourceConfig(reader))
  reader.skipTags('AlterConfigsRequest.resources')
  return { resourceType, resourceName, configs }
}

function decodeAlterConfigsRequestResourceConfig(reader: MessageReader): AlterConfigsRequestResourceConfig {
  const name = reader.string('AlterConfigsRequest.resources.configs.name')
  const value = reader.nullableString('AlterConfigsRequest.resources.configs.value')
  reader.skipTags('AlterConfigsRequest.resources.configs')
  return { name, value }
}

export function encodeAlterConfigsRequest(writer: MessageWriter, message: AlterConfigsRequest, version: number): void {
  writer.flexible = version >= 2
  writer.count(message.resources)
  for (const element of message.resources) encodeAlterConfigsRequestResource(writer, element)
  writer.bool(message.validateOnly)
  writer.tagCount(0)
}

function encodeAlterConfigsRequestResource(writer: MessageWriter, message: AlterConfigsRequestResource): void {
  writer.int8(message.resourceType)
  writer.string(message.resourceName)
  writer.count(message.configs)
  for (const element of message.configs) encodeAlterConfigsRequestResourceConfig(writer, element)
  writer.tagCount(0)
}

function encodeAlterConfigsRequestResourceConfig(
  writer: MessageWriter,
  message: AlterConfigsRequestResourceConfig,
): void {
  writer.string(message.name)
  writer.nullableString(message.value)
  writer.tagCount(0)
}
