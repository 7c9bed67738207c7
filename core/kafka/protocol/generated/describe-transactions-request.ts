// Generated from messages/describe-transactions.ts, do not edit: `npx vitest run test/core/kafka/protocol/generated.test.ts -u` writes it anew.

import type { MessageReader } from '../../../message/message-reader.js'
import type { MessageWriter } from '../../../message/message-writer.js'

/** Versions 0 to 0, flexible from 0. */
export interface DescribeTransactionsRequest {
  readonly transactionalIds: readonly string[]
}

export function decodeDescribeTransactionsRequest(
  reader: MessageReader,
  _version: number,
): DescribeTransactionsRequest {
  reader.flexible = true
  const transactionalIdsCount = reader.count('DescribeTransactionsRequest.transactionalIds', 1)
  const transactionalIds: string[] = []
  for (let left = transactionalIdsCount; left > 0; left--)
    transactionalIds.push(reader.string('DescribeTransactionsRequest.transactionalIds'))
  reader.skipTags('DescribeTransactionsRequest')
  return { transactionalIds }
}

export function encodeDescribeTransactionsRequest(
  writer: MessageWriter,
  message: DescribeTransactionsRequest,
  _version: number,
): void {
  writer.flexible = true
  writer.count(message.transactionalIds)
  for (const element of message.transactionalIds) writer.string(element)
  writer.tagCount(0)
}
