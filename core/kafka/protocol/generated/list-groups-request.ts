// Generated from messages/list-groups.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 5, flexible from 3. */
export interface ListGroupsRequest {
  /** Versions 4+. */
  readonly statesFilter: readonly string[]
  /** Versions 5. */
  readonly typesFilter: readonly string[]
}

export function decodeListGroupsRequest(reader: MessageReader, version: number): ListGroupsRequest {
  reader.flexible = version >= 3
  const statesFilterCount = version >= 4 ? reader.count('ListGroupsRequest.statesFilter', 1) : 0
  const statesFilter: string[] = []
  for (let left = statesFilterCount; left > 0; left--)
    statesFilter.push(reader.string('ListGroupsRequest.statesFilter'))
  const typesFilterCount = version >= 5 ? reader.count('ListGroupsRequest.typesFilter', 1) : 0
  const typesFilter: string[] = []
  for (let left = typesFilterCount; left > 0; left--) typesFilter.push(reader.string('ListGroupsRequest.typesFilter'))
  reader.skipTags('ListGroupsRequest')
  return { statesFilter, typesFilter }
}

export function encodeListGroupsRequest(writer: MessageWriter, message: ListGroupsRequest, version: number): void {
  writer.flexible = version >= 3
  if (version >= 4) {
    writer.count(message.statesFilter)
    for (const element of message.statesFilter) writer.string(element)
  }
  if (version >= 5) {
    writer.count(message.typesFilter)
    for (const element of message.typesFilter) writer.string(element)
  }
  writer.tagCount(0)
}
