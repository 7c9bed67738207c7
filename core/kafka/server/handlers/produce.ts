// Produce: one batch for each partition, stored as it came. Each partition is an append of its own, so that one that is
// refused does not refuse the others; all begin in the order of the request and wait for the log together.
//
// acks 1 and -1 are the same here: an answer waits for what the topic's durability says. acks 0 gets no answer, and a
// failure closes the connection, as in Kafka.
//
// Whether a batch may be part of a transaction is for the engine to judge, by the producer in its header; the transactional
// id of the request only has to be there.

import type { PartitionId } from '../../../engine/log-engine.js'
import type { TopicDescription } from '../../../engine/topic-admin.js'
import { messageOf, TailraceError } from '../../../errors/tailrace-error.js'
import { batchHeaderBytes, isTransactional } from '../../../record/batch-layout.js'
import { errorCodes } from '../../protocol/error-codes.js'
import type { ProduceRequest } from '../../protocol/generated/produce-request.js'
import type { ProduceResponse } from '../../protocol/generated/produce-response.js'
import { failureOf } from '../error-mapping.js'
import { kafkaServerErrors } from '../errors.js'
import type { RequestContext } from '../request-context.js'
import { wordedFor } from '../transaction-errors.js'

type PartitionRequest = ProduceRequest['topics'][number]['partitions'][number]
type PartitionAnswer = ProduceResponse['topics'][number]['partitions'][number]
type Refusals = ReadonlyMap<PartitionRequest, PartitionAnswer>

const noRefusals: Refusals = new Map()

/** Records named one by one in an answer; a client can do no more with thousands of them. */
const mostRecordErrors = 100

export async function produce(request: ProduceRequest, context: RequestContext): Promise<ProduceResponse | undefined> {
  const { acks } = request
  const isValid = acks === -1 || acks === 0 || acks === 1
  const inTransaction = request.transactionalId !== null
  const keyless = isValid ? await keylessIn(request, context) : noRefusals
  const answer = async (topic: string, partition: PartitionRequest): Promise<PartitionAnswer> => {
    const { index, records } = partition
    if (!isValid) return refused(index, errorCodes.INVALID_REQUIRED_ACKS, `acks ${acks} is none of -1, 0, 1`)
    return keyless.get(partition) ?? append({ topic, partition: index }, records, inTransaction, context)
  }
  const answers = request.topics.map(async ({ name, partitions }) => ({
    name,
    partitions: await Promise.all(partitions.map((partition) => answer(name, partition))),
  }))
  // Each of them has come to its append before its first wait.
  context.appended()
  const topics = await Promise.all(answers)
  if (acks !== 0) return { topics, throttleTimeMs: 0, nodeEndpoints: [] }
  for (const { name, partitions } of topics) {
    for (const { index, errorCode, errorMessage } of partitions) {
      if (errorCode === errorCodes.NONE) continue
      const message = `a batch without acknowledgement for ${name} partition ${index} is refused: ${errorMessage}`
      throw kafkaServerErrors.make('kafka_peer_refused', message, { details: { topic: name, partition: index } })
    }
  }
  return undefined
}

async function append(
  of: PartitionId,
  batch: Buffer | null,
  inTransaction: boolean,
  context: RequestContext,
): Promise<PartitionAnswer> {
  const { engine, topicNames, apiVersion } = context
  const topic = topicNames.find(of.topic)
  if (topic === undefined || of.partition < 0 || of.partition >= topic.partitions) {
    const message = `there is no partition ${of.partition} of a topic ${of.topic}`
    return refused(of.partition, errorCodes.UNKNOWN_TOPIC_OR_PARTITION, message)
  }
  if (batch === null) return refused(of.partition, errorCodes.INVALID_RECORD, 'there is no record batch')
  const refusal = transactionFault(of.partition, batch, inTransaction) ?? refusalOf(topic, of.partition, batch)
  if (refusal !== undefined) return refusal
  try {
    const [appended] = await engine.append([{ ...of, batch }])
    const { logStartOffset } = await engine.bounds(of)
    return {
      ...refused(of.partition, errorCodes.NONE, null),
      baseOffset: appended?.baseOffset ?? -1,
      logAppendTimeMs: appended?.appendTimeMs ?? -1,
      logStartOffset,
    }
  } catch (error) {
    const { code, message } = wordedFor(failureOf(error), 'produce', apiVersion)
    return refused(of.partition, code, message)
  }
}

/** A batch of a transaction in a request without transactional id, or the other way round. */
function transactionFault(partition: number, batch: Buffer, isExpected: boolean): PartitionAnswer | undefined {
  // What is no batch is refused by the engine.
  if (batch.length < batchHeaderBytes || isTransactional(batch, 0) === isExpected) return undefined
  return isExpected
    ? refused(partition, errorCodes.INVALID_TXN_STATE, 'the batch belongs to no transaction, but its request does')
    : refused(
        partition,
        errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
        'the batch belongs to a transaction, but its request names no transactional id',
      )
}

/** What the engine does not look at. */
function refusalOf(topic: TopicDescription, partition: number, batch: Buffer): PartitionAnswer | undefined {
  const { segmentBytes, maxBatchBytes } = topic.settings
  if (batch.length <= maxBatchBytes && batch.length > segmentBytes) {
    const message = `a batch of ${batch.length} bytes does not fit into a segment of ${segmentBytes}`
    return refused(partition, errorCodes.RECORD_LIST_TOO_LARGE, message)
  }
  return undefined
}

/**
 * Refusals of batches for compacted topics, where a record without a key could never be found again. One batch after the
 * other, as what a batch opens to may be large.
 */
async function keylessIn({ topics }: ProduceRequest, context: RequestContext): Promise<Refusals> {
  const refusals = new Map<PartitionRequest, PartitionAnswer>()
  for (const { name, partitions } of topics) {
    const topic = context.topicNames.find(name)
    if (topic === undefined || topic.settings.cleanup === 'delete') continue
    const mostBytes = Math.min(topic.settings.maxBatchBytes, topic.settings.segmentBytes)
    for (const partition of partitions) {
      const { index, records } = partition
      const isRefusedAnyway = records === null || records.length > mostBytes || index < 0 || index >= topic.partitions
      const refusal = isRefusedAnyway ? undefined : await withoutKeys(index, records, context)
      if (refusal !== undefined) refusals.set(partition, refusal)
    }
  }
  return refusals
}

async function withoutKeys(
  partition: number,
  batch: Buffer,
  { keylessRecords, signal }: RequestContext,
): Promise<PartitionAnswer | undefined> {
  let keyless: readonly number[]
  try {
    keyless = await keylessRecords.find(batch, mostRecordErrors, signal)
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error
    // Compaction would have to open the batch later: what cannot be read must not get in.
    return refused(partition, errorCodes.CORRUPT_MESSAGE, messageOf(error))
  }
  if (keyless.length === 0) return undefined
  const message = 'a compacted topic takes no record without a key'
  const recordErrors = keyless.map((batchIndex) => ({ batchIndex, batchIndexErrorMessage: message }))
  return {
    ...refused(partition, errorCodes.INVALID_RECORD, 'records without a key in a compacted topic'),
    recordErrors,
  }
}

function refused(index: number, errorCode: number, errorMessage: string | null): PartitionAnswer {
  return {
    index,
    errorCode,
    baseOffset: -1,
    logAppendTimeMs: -1,
    logStartOffset: -1,
    recordErrors: [],
    errorMessage,
    currentLeader: null,
  }
}
