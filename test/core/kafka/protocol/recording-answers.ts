// What the recording broker must answer so that a client goes on: one broker, one topic of one empty partition, one
// group whose member leads it.

import type { PlainMessage } from '../../message/arbitrary-message.js'

type Rows = readonly PlainMessage[]
type Answer = (request: PlainMessage, port: number) => PlainMessage

const topicName = 'captured'
const topicId = '5eedf00d-0000-4000-8000-000000000001'
const memberId = 'member-1'
const noLeader = { divergingEpoch: null, currentLeader: null, snapshotId: null }

function rows(value: unknown): Rows {
  return (value ?? []) as Rows
}

/** For each topic of a request, and each of its partitions, what `answer` adds to their names and numbers. */
function perPartition(topics: unknown, answer: (partition: PlainMessage) => PlainMessage): Rows {
  return rows(topics).map((topic) => ({
    ...topic,
    partitions: rows(topic['partitions']).map((partition) => ({
      errorCode: 0,
      partitionIndex: partition['partitionIndex'] ?? partition['partition'],
      index: partition['index'],
      ...answer(partition),
    })),
  }))
}

function coordinator(port: number): PlainMessage {
  return { errorCode: 0, errorMessage: null, nodeId: 1, host: '127.0.0.1', port }
}

function committedOffsets(topics: unknown): Rows {
  return rows(topics).map((topic) => ({
    name: topic['name'],
    partitions: ((topic['partitionIndexes'] ?? []) as readonly number[]).map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode: 0,
    })),
  }))
}

export const answers: Readonly<Record<string, Answer>> = {
  Metadata: (request, port) => {
    const asked = rows(request['topics']).map((topic) => topic['name'] ?? topicName)
    return {
      brokers: [{ nodeId: 1, host: '127.0.0.1', port, rack: null }],
      clusterId: 'recording',
      controllerId: 1,
      topics: (asked.length === 0 ? [topicName] : asked).map((name) => ({
        errorCode: 0,
        name,
        topicId,
        isInternal: false,
        partitions: [
          {
            errorCode: 0,
            partitionIndex: 0,
            leaderId: 1,
            leaderEpoch: 0,
            replicaNodes: [1],
            isrNodes: [1],
            offlineReplicas: [],
          },
        ],
        topicAuthorizedOperations: 0,
      })),
    }
  },
  Produce: (request) => ({
    topics: perPartition(request['topics'], () => ({
      baseOffset: 0,
      logAppendTimeMs: -1,
      logStartOffset: 0,
      recordErrors: [],
      errorMessage: null,
      currentLeader: null,
    })),
  }),
  Fetch: (request) => ({
    topics: perPartition(request['topics'], () => ({
      ...noLeader,
      highWatermark: 0,
      lastStableOffset: 0,
      logStartOffset: 0,
      abortedTransactions: [],
      preferredReadReplica: -1,
      records: [],
    })),
  }),
  ListOffsets: (request) => ({
    topics: perPartition(request['topics'], () => ({ timestamp: -1, offset: 0, leaderEpoch: 0 })),
  }),
  OffsetForLeaderEpoch: (request) => ({
    topics: perPartition(request['topics'], (partition) => ({
      partition: partition['partition'],
      leaderEpoch: 0,
      endOffset: 0,
    })),
  }),
  FindCoordinator: (request, port) => ({
    ...coordinator(port),
    coordinators: ((request['coordinatorKeys'] ?? []) as readonly string[]).map((key) => ({
      key,
      ...coordinator(port),
    })),
  }),
  JoinGroup: (request) => {
    const [protocol] = rows(request['protocols'])
    return {
      generationId: 1,
      protocolType: request['protocolType'],
      protocolName: protocol?.['name'],
      leader: memberId,
      memberId,
      members: [{ memberId, groupInstanceId: null, metadata: protocol?.['metadata'] }],
    }
  },
  SyncGroup: (request) => ({
    protocolType: request['protocolType'],
    protocolName: request['protocolName'],
    assignment: rows(request['assignments'])[0]?.['assignment'] ?? Buffer.alloc(0),
  }),
  OffsetFetch: (request) => ({
    topics: committedOffsets(request['topics']),
    groups: rows(request['groups']).map((group) => ({
      groupId: group['groupId'],
      topics: committedOffsets(group['topics']),
      errorCode: 0,
    })),
  }),
  OffsetCommit: (request) => ({ topics: perPartition(request['topics'], () => ({})) }),
  TxnOffsetCommit: (request) => ({ topics: perPartition(request['topics'], () => ({})) }),
  InitProducerId: () => ({ producerId: 4000, producerEpoch: 0 }),
  SaslHandshake: () => ({ mechanisms: ['PLAIN', 'SCRAM-SHA-256'] }),
  DescribeCluster: (_request, port) => ({
    clusterId: 'recording',
    controllerId: 1,
    brokers: [{ brokerId: 1, host: '127.0.0.1', port, rack: null }],
  }),
}
