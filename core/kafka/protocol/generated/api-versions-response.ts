// Generated from messages/api-versions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface ApiVersionsResponse {
  readonly errorCode: number
  readonly apiKeys: readonly ApiVersionsResponseApiKey[]
  /** Versions 1+. */
  readonly throttleTimeMs: number
  /** Versions 3+. */
  readonly supportedFeatures: readonly ApiVersionsResponseSupportedFeature[]
  /** Versions 3+. */
  readonly finalizedFeaturesEpoch: number
  /** Versions 3+. */
  readonly finalizedFeatures: readonly ApiVersionsResponseFinalizedFeature[]
  /** Versions 3+. */
  readonly zkMigrationReady: boolean
}

export interface ApiVersionsResponseApiKey {
  readonly apiKey: number
  readonly minVersion: number
  readonly maxVersion: number
}

export interface ApiVersionsResponseSupportedFeature {
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
}

export interface ApiVersionsResponseFinalizedFeature {
  readonly name: string
  readonly maxVersionLevel: number
  readonly minVersionLevel: number
}

export function decodeApiVersionsResponse(reader: MessageReader, version: number): ApiVersionsResponse {
  reader.flexible = version >= 3
  const errorCode = reader.int16('ApiVersionsResponse.errorCode')
  const apiKeysCount = reader.count('ApiVersionsResponse.apiKeys', 6)
  const apiKeys: ApiVersionsResponseApiKey[] = []
  for (let left = apiKeysCount; left > 0; left--) apiKeys.push(decodeApiVersionsResponseApiKey(reader))
  const throttleTimeMs = version >= 1 ? reader.int32('ApiVersionsResponse.throttleTimeMs') : 0
  let supportedFeatures: ApiVersionsResponseSupportedFeature[] = []
  let finalizedFeaturesEpoch: number = -1
  let finalizedFeatures: ApiVersionsResponseFinalizedFeature[] = []
  let zkMigrationReady: boolean = false
  for (let left = reader.tagCount('ApiVersionsResponse'); left > 0; left--) {
    const tag = reader.tag('ApiVersionsResponse')
    const end = reader.tagEnd('ApiVersionsResponse')
    if (tag === 0) {
      supportedFeatures = []
      for (let more = reader.count('ApiVersionsResponse.supportedFeatures', 6); more > 0; more--) {
        supportedFeatures.push(decodeApiVersionsResponseSupportedFeature(reader))
      }
      reader.expectAt(end, 'ApiVersionsResponse.supportedFeatures')
    } else if (tag === 1) {
      finalizedFeaturesEpoch = reader.int64('ApiVersionsResponse.finalizedFeaturesEpoch')
      reader.expectAt(end, 'ApiVersionsResponse.finalizedFeaturesEpoch')
    } else if (tag === 2) {
      finalizedFeatures = []
      for (let more = reader.count('ApiVersionsResponse.finalizedFeatures', 6); more > 0; more--) {
        finalizedFeatures.push(decodeApiVersionsResponseFinalizedFeature(reader))
      }
      reader.expectAt(end, 'ApiVersionsResponse.finalizedFeatures')
    } else if (tag === 3) {
      zkMigrationReady = reader.bool('ApiVersionsResponse.zkMigrationReady')
      reader.expectAt(end, 'ApiVersionsResponse.zkMigrationReady')
    } else {
      reader.skipTo(end)
    }
  }
  return {
    errorCode,
    apiKeys,
    throttleTimeMs,
    supportedFeatures,
    finalizedFeaturesEpoch,
    finalizedFeatures,
    zkMigrationReady,
  }
}

function decodeApiVersionsResponseApiKey(reader: MessageReader): ApiVersionsResponseApiKey {
  const apiKey = reader.int16('ApiVersionsResponse.apiKeys.apiKey')
  const minVersion = reader.int16('ApiVersionsResponse.apiKeys.minVersion')
  const maxVersion = reader.int16('ApiVersionsResponse.apiKeys.maxVersion')
  reader.skipTags('ApiVersionsResponse.apiKeys')
  return { apiKey, minVersion, maxVersion }
}

function decodeApiVersionsResponseSupportedFeature(reader: MessageReader): ApiVersionsResponseSupportedFeature {
  const name = reader.string('ApiVersionsResponse.supportedFeatures.name')
  const minVersion = reader.int16('ApiVersionsResponse.supportedFeatures.minVersion')
  const maxVersion = reader.int16('ApiVersionsResponse.supportedFeatures.maxVersion')
  reader.skipTags('ApiVersionsResponse.supportedFeatures')
  return { name, minVersion, maxVersion }
}

function decodeApiVersionsResponseFinalizedFeature(reader: MessageReader): ApiVersionsResponseFinalizedFeature {
  const name = reader.string('ApiVersionsResponse.finalizedFeatures.name')
  const maxVersionLevel = reader.int16('ApiVersionsResponse.finalizedFeatures.maxVersionLevel')
  const minVersionLevel = reader.int16('ApiVersionsResponse.finalizedFeatures.minVersionLevel')
  reader.skipTags('ApiVersionsResponse.finalizedFeatures')
  return { name, maxVersionLevel, minVersionLevel }
}

export function encodeApiVersionsResponse(writer: MessageWriter, message: ApiVersionsResponse, version: number): void {
  writer.flexible = version >= 3
  writer.int16(message.errorCode)
  writer.count(message.apiKeys)
  for (const element of message.apiKeys) encodeApiVersionsResponseApiKey(writer, element)
  if (version >= 1) writer.int32(message.throttleTimeMs)
  const hasSupportedFeatures = version >= 3 && message.supportedFeatures.length > 0
  const hasFinalizedFeaturesEpoch = version >= 3 && message.finalizedFeaturesEpoch !== -1
  const hasFinalizedFeatures = version >= 3 && message.finalizedFeatures.length > 0
  const hasZkMigrationReady = version >= 3 && message.zkMigrationReady !== false
  writer.tagCount(
    Number(hasSupportedFeatures) +
      Number(hasFinalizedFeaturesEpoch) +
      Number(hasFinalizedFeatures) +
      Number(hasZkMigrationReady),
  )
  if (hasSupportedFeatures) {
    const content = writer.content()
    content.count(message.supportedFeatures)
    for (const element of message.supportedFeatures) encodeApiVersionsResponseSupportedFeature(content, element)
    writer.tagged(0, content)
  }
  if (hasFinalizedFeaturesEpoch) {
    const content = writer.content()
    content.int64(message.finalizedFeaturesEpoch)
    writer.tagged(1, content)
  }
  if (hasFinalizedFeatures) {
    const content = writer.content()
    content.count(message.finalizedFeatures)
    for (const element of message.finalizedFeatures) encodeApiVersionsResponseFinalizedFeature(content, element)
    writer.tagged(2, content)
  }
  if (hasZkMigrationReady) {
    const content = writer.content()
    content.bool(message.zkMigrationReady)
    writer.tagged(3, content)
  }
}

function encodeApiVersionsResponseApiKey(writer: MessageWriter, message: ApiVersionsResponseApiKey): void {
  writer.int16(message.apiKey)
  writer.int16(message.minVersion)
  writer.int16(message.maxVersion)
  writer.tagCount(0)
}

function encodeApiVersionsResponseSupportedFeature(
  writer: MessageWriter,
  message: ApiVersionsResponseSupportedFeature,
): void {
  writer.string(message.name)
  writer.int16(message.minVersion)
  writer.int16(message.maxVersion)
  writer.tagCount(0)
}

function encodeApiVersionsResponseFinalizedFeature(
  writer: MessageWriter,
  message: ApiVersionsResponseFinalizedFeature,
): void {
  writer.string(message.name)
  writer.int16(message.maxVersionLevel)
  writer.int16(message.minVersionLevel)
  writer.tagCount(0)
}
