// Reads record batches. From version 7 on within sessions, from 13 on by topic id instead of name.

import { array, int16, int32, int64, int8, one, scalar, string, struct, uuid } from '../../../message/declare.js'
import { declareApi } from '../declare-api.js'

export const fetchApi = declareApi({
  key: 1,
  name: 'Fetch',
  versions: '4-17',
  flexible: '12+',
  request: {
    clusterId: string('12+', { nullable: '12+', tag: 0, default: null }),
    replicaId: int32('0-14', { default: -1 }),
    replicaState: one(
      struct('FetchRequestReplicaState', {
        replicaId: int32('15+', { default: -1 }),
        replicaEpoch: int64('15+', { default: -1 }),
      }),
      '15+',
      { tag: 1 },
    ),
    maxWaitMs: int32('0+'),
    minBytes: int32('0+'),
    maxBytes: int32('0+', { default: 2147483647 }),
    isolationLevel: int8('0+'),
    sessionId: int32('7+'),
    sessionEpoch: int32('7+', { default: -1 }),
    topics: array(
      struct('FetchRequestTopic', {
        topic: string('0-12'),
        topicId: uuid('13+'),
        partitions: array(
          struct('FetchRequestTopicPartition', {
            partition: int32('0+'),
            currentLeaderEpoch: int32('9+', { default: -1 }),
            fetchOffset: int64('0+'),
            lastFetchedEpoch: int32('12+', { default: -1 }),
            logStartOffset: int64('5+', { default: -1 }),
            partitionMaxBytes: int32('0+'),
            replicaDirectoryId: uuid('17+', { tag: 0 }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    forgottenTopics: array(
      struct('FetchRequestForgottenTopic', {
        topic: string('7-12'),
        topicId: uuid('13+'),
        partitions: array('int32', '7+'),
      }),
      '7+',
    ),
    rackId: string('11+'),
  },
  response: {
    throttleTimeMs: int32('0+'),
    errorCode: int16('7+'),
    sessionId: int32('7+'),
    topics: array(
      struct('FetchResponseTopic', {
        topic: string('0-12'),
        topicId: uuid('13+'),
        partitions: array(
          struct('FetchResponseTopicPartition', {
            partitionIndex: int32('0+'),
            errorCode: int16('0+'),
            highWatermark: int64('0+'),
            lastStableOffset: int64('0+', { default: -1 }),
            logStartOffset: int64('5+', { default: -1 }),
            divergingEpoch: one(
              struct('FetchResponseTopicPartitionDivergingEpoch', {
                epoch: int32('12+', { default: -1 }),
                endOffset: int64('12+', { default: -1 }),
              }),
              '12+',
              { tag: 0 },
            ),
            currentLeader: one(
              struct('FetchResponseTopicPartitionCurrentLeader', {
                leaderId: int32('12+', { default: -1 }),
                leaderEpoch: int32('12+', { default: -1 }),
              }),
              '12+',
              { tag: 1 },
            ),
            snapshotId: one(
              struct('FetchResponseTopicPartitionSnapshotId', {
                endOffset: int64('0+', { default: -1 }),
                epoch: int32('0+', { default: -1 }),
              }),
              '12+',
              { tag: 2 },
            ),
            abortedTransactions: array(
              struct('FetchResponseTopicPartitionAbortedTransaction', {
                producerId: int64('0+'),
                firstOffset: int64('0+'),
              }),
              '0+',
              { nullable: '0+' },
            ),
            preferredReadReplica: int32('11+', { default: -1 }),
            records: scalar('recordChunks', '0+', { nullable: '0+' }),
          }),
          '0+',
        ),
      }),
      '0+',
    ),
    nodeEndpoints: array(
      struct('FetchResponseNodeEndpoint', {
        nodeId: int32('16+'),
        host: string('16+'),
        port: int32('16+'),
        rack: string('16+', { nullable: '16+', default: null }),
      }),
      '16+',
      { tag: 0 },
    ),
  },
})
