// Generated from messages/find-coordinator.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 6, flexible from 3. */
export interface FindCoordinatorRequest {
  /** Versions 0-3. */
  readonly key: string
  /** Versions 1+. */
  readonly keyType: number
  /** Versions 4+. */
  readonly coordinatorKeys: readonly string[]
}

export function decodeFindCoordinatorRequest(reader: MessageReader, version: number): FindCoordinatorRequest {
  reader.flexible = version >= 3
  const key = version <= 3 ? reader.string('FindCoordinatorRequest.key') : ''
  const keyType = version >= 1 ? reader.int8('FindCoordinatorRequest.keyType') : 0
  const coordinatorKeysCount = version >= 4 ? reader.count('FindCoordinatorRequest.coordinatorKeys', 1) : 0
  const coordinatorKeys: string[] = []
  for (let left = coordinatorKeysCount; left > 0; left--)
    coordinatorKeys.push(reader.string('FindCoordinatorRequest.coordinatorKeys'))
  reader.skipTags('FindCoordinatorRequest')
  return { key, keyType, coordinatorKeys }
}

export function encodeFindCoordinatorRequest(
  writer: MessageWriter,
  message: FindCoordinatorRequest,
  version: number,
): void {
  writer.flexible = version >= 3
  if (version <= 3) writer.string(message.key)
  if (version >= 1) writer.int8(message.keyType)
  if (version >= 4) {
    writer.count(message.coordinatorKeys)
    for (const element of message.coordinatorKeys) writer.string(element)
  }
  writer.tagCount(0)
}
