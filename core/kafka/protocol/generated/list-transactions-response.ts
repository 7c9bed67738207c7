// Generated from messages/list-transactions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 1, flexible from 0. */
export interface ListTransactionsResponse {
  readonly throttleTimeMs: number
  readonly errorCode: number
  readonly unknownStateFilters: readonly string[]
  readonly transactionStates: readonly ListTransactionsResponseTransactionState[]
}

export interface ListTransactionsResponseTransactionState {
  readonly transactionalId: string
  readonly producerId: number
  readonly transactionState: string
}

export function decodeListTransactionsResponse(reader: MessageReader, _version: number): ListTransactionsResponse {
  reader.flexible = true
  const throttleTimeMs = reader.int32('ListTransactionsResponse.throttleTimeMs')
  const errorCode = reader.int16('ListTransactionsResponse.errorCode')
  const unknownStateFiltersCount = reader.count('ListTransactionsResponse.unknownStateFilters', 1)
  const unknownStateFilters: string[] = []
  for (let left = unknownStateFiltersCount; left > 0; left--)
    unknownStateFilters.push(reader.string('ListTransactionsResponse.unknownStateFilters'))
  const transactionStatesCount = reader.count('ListTransactionsResponse.transactionStates', 11)
  const transactionStates: ListTransactionsResponseTransactionState[] = []
  for (let left = transactionStatesCount; left > 0; left--)
    transactionStates.push(decodeListTransactionsResponseTransactionState(reader))
  reader.skipTags('ListTransactionsResponse')
  return { throttleTimeMs, errorCode, unknownStateFilters, transactionStates }
}

function decodeListTransactionsResponseTransactionState(
  reader: MessageReader,
): ListTransactionsResponseTransactionState {
  const transactionalId = reader.string('ListTransactionsResponse.transactionStates.transactionalId')
  const producerId = reader.int64('ListTransactionsResponse.transactionStates.producerId')
  const transactionState = reader.string('ListTransactionsResponse.transactionStates.transactionState')
  reader.skipTags('ListTransactionsResponse.transactionStates')
  return { transactionalId, producerId, transactionState }
}

export function encodeListTransactionsResponse(
  writer: MessageWriter,
  message: ListTransactionsResponse,
  _version: number,
): void {
  writer.flexible = true
  writer.int32(message.throttleTimeMs)
  writer.int16(message.errorCode)
  writer.count(message.unknownStateFilters)
  for (const element of message.unknownStateFilters) writer.string(element)
  writer.count(message.transactionStates)
  for (const element of message.transactionStates) encodeListTransactionsResponseTransactionState(writer, element)
  writer.tagCount(0)
}

function encodeListTransactionsResponseTransactionState(
  writer: MessageWriter,
  message: ListTransactionsResponseTransactionState,
): void {
  writer.string(message.transactionalId)
  writer.int64(message.producerId)
  writer.string(message.transactionState)
  writer.tagCount(0)
}
