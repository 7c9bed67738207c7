// Generated from messages/api-versions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 4, flexible from 3. */
export interface ApiVersionsRequest {
  /** Versions 3+. */
  readonly clientSoftwareName: string
  /** Versions 3+. */
  readonly clientSoftwareVersion: string
}

export function decodeApiVersionsRequest(reader: MessageReader, version: number): ApiVersionsRequest {
  reader.flexible = version >= 3
  const clientSoftwareName = version >= 3 ? reader.string('ApiVersionsRequest.clientSoftwareName') : ''
  const clientSoftwareVersion = version >= 3 ? reader.string('ApiVersionsRequest.clientSoftwareVersion') : ''
  reader.skipTags('ApiVersionsRequest')
  return { clientSoftwareName, clientSoftwareVersion }
}

export function encodeApiVersionsRequest(writer: MessageWriter, message: ApiVersionsRequest, version: number): void {
  writer.flexible = version >= 3
  if (version >= 3) writer.string(message.clientSoftwareName)
  if (version >= 3) writer.string(message.clientSoftwareVersion)
  writer.tagCount(0)
}
