// Requests with their usual fields, for tests that care about one of them.

import type { RequestOf } from '../../../../core/kafka/protocol/apis.js'
import { batchField, sealBatch } from '../../../../core/record/batch-layout.js'
import { encodeBatch } from '../../../../core/record/encode-batch.js'

export const versionsRequest: RequestOf<'apiVersions'> = { clientSoftwareName: 'test', clientSoftwareVersion: '1' }

export function batchOf(...values: readonly string[]): Buffer {
  return encodeBatch(
    values.map((value) => ({ key: null, value: Buffer.from(value), timestampMs: 1_790_000_000_000, headers: [] })),
  )
}

export interface Sender {
  readonly producerId: number
  readonly producerEpoch?: number
  readonly sequence?: number
}

/** The batch as an idempotent producer sends it. */
export function sequenced(batch: Buffer, { producerId, producerEpoch = 0, sequence = 0 }: Sender): Buffer {
  const made = Buffer.from(batch)
  made.writeBigInt64BE(BigInt(producerId), batchField.producerId)
  made.writeInt16BE(producerEpoch, batchField.producerEpoch)
  made.writeInt32BE(sequence, batchField.baseSequence)
  sealBatch(made, 0, made.length)
  return made
}

/** The batch as a producer sends it in a transaction. */
export function transactional(batch: Buffer, sender: Sender): Buffer {
  const made = sequenced(batch, sender)
  made.writeInt16BE(made.readInt16BE(batchField.attributes) | transactionalBit, batchField.attributes)
  sealBatch(made, 0, made.length)
  return made
}

const transactionalBit = 0x10

export function produceRequest(
  topic: string,
  records: Buffer | null,
  more: { readonly acks?: number; readonly partition?: number; readonly transactionalId?: string } = {},
): RequestOf<'produce'> {
  const { acks = -1, partition: index = 0, transactionalId = null } = more
  const topics = [{ name: topic, partitions: [{ index, records }] }]
  return { transactionalId, acks, timeoutMs: 1000, topics }
}

export function fetchRequest(
  topics: readonly {
    readonly topic?: string
    readonly topicId?: string
    readonly offset?: number
    readonly epoch?: number
  }[],
  more: Partial<RequestOf<'fetch'>> = {},
): RequestOf<'fetch'> {
  return {
    clusterId: null,
    replicaId: -1,
    replicaState: null,
    maxWaitMs: 0,
    minBytes: 1,
    maxBytes: 1024 * 1024,
    isolationLevel: 0,
    sessionId: 0,
    sessionEpoch: -1,
    topics: topics.map(({ topic = '', topicId = '00000000-0000-0000-0000-000000000000', offset = 0, epoch = -1 }) => ({
      topic,
      topicId,
      partitions: [
        {
          partition: 0,
          currentLeaderEpoch: epoch,
          fetchOffset: offset,
          lastFetchedEpoch: -1,
          logStartOffset: -1,
          partitionMaxBytes: 1024 * 1024,
          replicaDirectoryId: '00000000-0000-0000-0000-000000000000',
        },
      ],
    })),
    forgottenTopics: [],
    rackId: '',
    ...more,
  }
}

export function metadataRequest(names: readonly string[] | null, makes = true): RequestOf<'metadata'> {
  return {
    topics: names === null ? null : names.map((name) => ({ topicId: '00000000-0000-0000-0000-000000000000', name })),
    allowAutoTopicCreation: makes,
    includeClusterAuthorizedOperations: false,
    includeTopicAuthorizedOperations: false,
  }
}

/** Of version 7 and before; later ones have the same fields in a group. */
export function offsetFetchRequest(
  groupId: string,
  topics: RequestOf<'offsetFetch'>['topics'],
  requireStable = false,
): RequestOf<'offsetFetch'> {
  return { groupId, topics, groups: [{ groupId, memberId: null, memberEpoch: -1, topics }], requireStable }
}

export function joinRequest(more: Partial<RequestOf<'joinGroup'>> = {}): RequestOf<'joinGroup'> {
  return {
    groupId: 'group',
    sessionTimeoutMs: 10_000,
    rebalanceTimeoutMs: 10_000,
    memberId: '',
    groupInstanceId: null,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('topics') }],
    reason: null,
    ...more,
  }
}
