// Who may ask for what: what a request is held against before anything is decided. transaction-state.ts has the table.

import { engineErrors } from '../engine/errors.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { ProducerIdentity } from '../engine/producer-service.js'
import type { TransactionStart, TransactionState } from '../engine/transaction-service.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { maxTransactionalIdBytes, maxTransactionTimeoutMs, minTransactionTimeoutMs } from './limits.js'
import { isNamed, isSame, type TransactionMetadata } from './transaction.js'
import type { TransactionEntry } from './transaction-entry.js'
import type { NamedPartition } from './transaction-port.js'
import { type TransactionAnswer, type TransactionRequest, transactionTable } from './transaction-state.js'

/** Errors: invalid_transactional_id, invalid_transaction_timeout. */
export function checkStart({ transactionalId, timeoutMs }: TransactionStart): void {
  const bytes = Buffer.byteLength(transactionalId)
  if (bytes < 1 || bytes > maxTransactionalIdBytes || Buffer.from(transactionalId).toString() !== transactionalId) {
    throw engineErrors.make(
      'invalid_transactional_id',
      `a transactional id of ${bytes} bytes; it takes 1 to ${maxTransactionalIdBytes} of UTF-8`,
    )
  }
  if (Number.isInteger(timeoutMs) && timeoutMs >= minTransactionTimeoutMs && timeoutMs <= maxTransactionTimeoutMs)
    return
  throw engineErrors.make(
    'invalid_transaction_timeout',
    `a time-out of ${timeoutMs} ms for ${transactionalId} is not between ${minTransactionTimeoutMs} and ${maxTransactionTimeoutMs}`,
    { details: { transactionalId, timeoutMs } },
  )
}

/** The id as the one who speaks knows it. Errors: unknown_transaction, producer_fenced. */
export function metadataFor(
  { metadata, transactionalId }: Pick<TransactionEntry, 'metadata' | 'transactionalId'>,
  identity: ProducerIdentity,
): TransactionMetadata {
  if (metadata === undefined) throw unknownTransaction(transactionalId)
  const { producer } = metadata
  if (producer.producerId !== identity.producerId) {
    throw engineErrors.make(
      'unknown_transaction',
      `${transactionalId} has producer id ${producer.producerId}, not ${identity.producerId}`,
      { details: { transactionalId, producerId: identity.producerId } },
    )
  }
  if (producer.epoch !== identity.epoch) throw fenced(transactionalId, producer, identity)
  return metadata
}

/**
 * What becomes of a producer that says who it was: `lost-answer` when the present epoch was made for this very question.
 * Errors: producer_fenced.
 */
export function checkKnown(
  transactionalId: string,
  { producer, previous }: TransactionMetadata,
  known: ProducerIdentity | undefined,
): 'next' | 'lost-answer' {
  if (known === undefined || isSame(known, producer)) return 'next'
  if (previous !== undefined && isSame(known, previous)) return 'lost-answer'
  throw fenced(transactionalId, producer, known)
}

/** What the table answers a request; an error is thrown. */
export function answerOf(
  transactionalId: string,
  state: TransactionState,
  request: TransactionRequest,
): Exclude<TransactionAnswer, 'invalid_transaction_state'> {
  const { answer } = transactionTable[state][request]
  if (answer !== 'invalid_transaction_state') return answer
  throw invalidState(`${transactionalId}: no ${request} while its transaction is ${state}`, { transactionalId, state })
}

/** Why a batch of the producer may not be appended there now; undefined when it may. */
export function refusalOf(
  entry: TransactionEntry | undefined,
  producer: ProducerIdentity,
  of: NamedPartition,
): TailraceError | undefined {
  const { topic, partition } = of
  const { producerId, epoch } = producer
  const details = { topic, partition, producerId, epoch }
  const what = `a batch of producer ${producerId} with epoch ${epoch} for ${topic} partition ${partition}`
  if (entry?.metadata === undefined || entry.state === undefined)
    return invalidState(`${what}: no transactional id has this producer id`, details)
  const { metadata, transactionalId, state } = entry
  if (epoch < metadata.producer.epoch) return fenced(transactionalId, metadata.producer, producer)
  if (epoch > metadata.producer.epoch)
    return invalidState(`${what}: ${transactionalId} has epoch ${metadata.producer.epoch}`, details)
  if (transactionTable[state].batch.answer !== 'ok')
    return invalidState(`${what}: the transaction of ${transactionalId} is ${state}`, details)
  if (!isNamed(metadata, of)) return invalidState(`${what}: ${transactionalId} did not name the partition`, details)
  return undefined
}

export function unknownTransaction(transactionalId: string): TailraceError {
  const details = { transactionalId }
  return engineErrors.make('unknown_transaction', `there is no transactional id ${transactionalId}`, { details })
}

export function invalidState(message: string, details: Readonly<Record<string, unknown>>): TailraceError {
  return engineErrors.make('invalid_transaction_state', message, { details })
}

function fenced(transactionalId: string, present: ProducerIdentity, identity: ProducerIdentity): TailraceError {
  const { producerId, epoch } = identity
  return engineErrors.make(
    'producer_fenced',
    `${transactionalId} has producer ${present.producerId} with epoch ${present.epoch}, not ${producerId} with epoch ${epoch}`,
    { details: { transactionalId, producerId, epoch, presentEpoch: present.epoch } },
  )
}

/** unknown_partition; `details.partitions` has all of them. */
export function unknownPartitions(partitions: readonly PartitionId[]): TailraceError {
  const [first] = partitions
  const more = partitions.length > 1 ? `, nor ${partitions.length - 1} more` : ''
  const message = `there is no ${first?.topic} partition ${first?.partition}${more}`
  return engineErrors.make('unknown_partition', message, { details: { partitions } })
}
