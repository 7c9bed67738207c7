// Generated from messages/list-transactions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, flexible from 0. */
export interface ListTransactionsRequest {
  readonly stateFilters: readonly string[]
  readonly producerIdFilters: readonly number[]
  /** Versions 1. */
  readonly durationFilter: number
}

export function decodeListTransactionsRequest(reader: MessageReader, version: number): ListTransactionsRequest {
  reader.flexible = true
  const stateFiltersCount = reader.count('ListTransactionsRequest.stateFilters', 1)
  const stateFilters: string[] = []
  for (let left = stateFiltersCount; left > 0; left--)
    stateFilters.push(reader.string('ListTransactionsRequest.stateFilters'))
  const producerIdFiltersCount = reader.count('ListTransactionsRequest.producerIdFilters', 8)
  const producerIdFilters: number[] = []
  for (let left = producerIdFiltersCount; left > 0; left--)
    producerIdFilters.push(reader.int64('ListTransactionsRequest.producerIdFilters'))
  const durationFilter = version >= 1 ? reader.int64('ListTransactionsRequest.durationFilter') : -1
  reader.skipTags('ListTransactionsRequest')
  return { stateFilters, producerIdFilters, durationFilter }
}

export function encodeListTransactionsRequest(
  writer: MessageWriter,
  message: ListTransactionsRequest,
  version: number,
): void {
  writer.flexible = true
  writer.count(message.stateFilters)
  for (const element of message.stateFilters) writer.string(element)
  writer.count(message.producerIdFilters)
  for (const element of message.producerIdFilters) writer.int64(element)
  if (version >= 1) writer.int64(message.durationFilter)
  writer.tagCount(0)
}
