// Which of Kafka's codes stands for which error of the engine. Total by type: a new error has to be placed.

import { messageOf, TailraceError } from '../../errors/tailrace-error.js'
import type { engineErrors } from '../../engine/errors.js'
import { errorCodes, type ErrorName } from '../protocol/error-codes.js'

type EngineCode = keyof typeof engineErrors.table

const table: { readonly [Code in EngineCode]: ErrorName } = {
  unknown_topic: 'UNKNOWN_TOPIC_OR_PARTITION',
  unknown_partition: 'UNKNOWN_TOPIC_OR_PARTITION',
  topic_exists: 'TOPIC_ALREADY_EXISTS',
  invalid_topic_name: 'INVALID_TOPIC_EXCEPTION',
  invalid_topic_setting: 'INVALID_CONFIG',
  internal_topic: 'INVALID_TOPIC_EXCEPTION',
  offset_out_of_range: 'OFFSET_OUT_OF_RANGE',
  corrupt_batch: 'INVALID_RECORD',
  batch_too_large: 'MESSAGE_TOO_LARGE',
  append_too_large: 'MESSAGE_TOO_LARGE',
  out_of_order_sequence: 'OUT_OF_ORDER_SEQUENCE_NUMBER',
  invalid_producer_epoch: 'INVALID_PRODUCER_EPOCH',
  unknown_transaction: 'INVALID_PRODUCER_ID_MAPPING',
  producer_fenced: 'PRODUCER_FENCED',
  invalid_transaction_state: 'INVALID_TXN_STATE',
  invalid_transactional_id: 'INVALID_REQUEST',
  invalid_transaction_timeout: 'INVALID_TRANSACTION_TIMEOUT',
  // Not retriable, and known to all clients; Kafka has no bound of this kind.
  transaction_limit: 'POLICY_VIOLATION',
  // Not retriable in a client: it tells its user instead of asking for the same bytes for ever.
  damaged: 'CORRUPT_MESSAGE',
  // Retriable: producers hold what they have until there is room, or until their own time-out.
  log_disk_full: 'KAFKA_STORAGE_ERROR',
  budget_used: 'KAFKA_STORAGE_ERROR',
  engine_stopped: 'KAFKA_STORAGE_ERROR',
  // Of connectors; no call of a client leads there.
  state_fenced: 'UNKNOWN_SERVER_ERROR',
  state_key_unknown: 'UNKNOWN_SERVER_ERROR',
  unknown_group: 'GROUP_ID_NOT_FOUND',
  invalid_group: 'INVALID_GROUP_ID',
  group_limit: 'GROUP_MAX_SIZE_REACHED',
  group_not_empty: 'NON_EMPTY_GROUP',
  unknown_member: 'UNKNOWN_MEMBER_ID',
  illegal_generation: 'ILLEGAL_GENERATION',
  rebalance_in_progress: 'REBALANCE_IN_PROGRESS',
  fenced_instance: 'FENCED_INSTANCE_ID',
  inconsistent_protocol: 'INCONSISTENT_GROUP_PROTOCOL',
  invalid_session_timeout: 'INVALID_SESSION_TIMEOUT',
  invalid_commit: 'INVALID_COMMIT_OFFSET_SIZE',
}

/** What is wrong with a refused batch (core/engine/append-rules.ts), where Kafka has a code of its own. */
const batchFaults: Readonly<Record<string, ErrorName>> = {
  crc: 'CORRUPT_MESSAGE',
  short: 'CORRUPT_MESSAGE',
  length: 'CORRUPT_MESSAGE',
  codec: 'UNSUPPORTED_COMPRESSION_TYPE',
}

/** Kafka's code for what a call of the engine threw, and the message to go with it. */
export interface Failure {
  readonly code: number
  readonly message: string
}

export function failureOf(error: unknown): Failure {
  return { code: errorCodes[nameOf(error)], message: messageOf(error) }
}

/** As `failureOf`, for calls to a coordinator: its clients do not expect to hear of storage. */
export function coordinatorFailureOf(error: unknown): Failure {
  const name = nameOf(error)
  const shown = name === 'KAFKA_STORAGE_ERROR' ? 'COORDINATOR_NOT_AVAILABLE' : name
  return { code: errorCodes[shown], message: messageOf(error) }
}

function nameOf(error: unknown): ErrorName {
  if (!(error instanceof TailraceError)) throw error
  const fault = error.code === 'corrupt_batch' ? batchFaults[String(error.details['fault'])] : undefined
  if (fault !== undefined) return fault
  if (Object.hasOwn(table, error.code)) return table[error.code as EngineCode]
  return error.retry === 'timed' ? 'KAFKA_STORAGE_ERROR' : 'UNKNOWN_SERVER_ERROR'
}
