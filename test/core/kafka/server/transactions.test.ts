import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { errorCodes } from '../../../../core/kafka/protocol/error-codes.js'
import type { RequestOf } from '../../../../core/kafka/protocol/apis.js'
import { encodeControlBatch } from '../../../../core/record/control-batch.js'
import { batchOf, fetchRequest, joinRequest, offsetFetchRequest, produceRequest, transactional } from './requests.js'
import { type PeerConnection, type ServerRig, startRig } from './server-rig.js'

const internal = '__tailrace_offsets'
const transactionalId = 'mover'

/** What InitProducerId answers, and what the other requests name. */
interface Producer {
  readonly producerId: number
  readonly producerEpoch: number
}

let rig: ServerRig
let peer: PeerConnection

beforeEach(async () => {
  rig = await startRig()
  peer = rig.dial()
  await rig.engine.topics.create({ name: 't', partitions: 2 })
})

afterEach(() => rig.close())

function initialized(
  more: Partial<RequestOf<'initProducerId'>> = {},
  version = 5,
): Promise<Producer & { readonly errorCode: number }> {
  const request = { transactionalId, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 }
  return peer.ask('initProducerId', version, { ...request, ...more })
}

type Named = readonly { readonly name: string; readonly partitions: readonly number[] }[]

/** Codes by partition, in the order of the request. */
async function named(producer: Producer, topics: Named, version = 3): Promise<number[]> {
  const answer = await peer.ask('addPartitionsToTxn', version, {
    transactions: [],
    v3AndBelowTransactionalId: transactionalId,
    v3AndBelowProducerId: producer.producerId,
    v3AndBelowProducerEpoch: producer.producerEpoch,
    v3AndBelowTopics: topics,
  })
  return answer.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
    resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
  )
}

async function produced(producer: Producer, values: readonly string[], more: { sequence?: number; version?: number }) {
  const { sequence = 0, version = 9 } = more
  const batch = transactional(batchOf(...values), { ...producer, sequence })
  const { topics } = await peer.ask('produce', version, produceRequest('t', batch, { transactionalId }))
  return topics[0]!.partitions[0]!
}

async function ended(producer: Producer, committed: boolean, version = 4): Promise<number> {
  const { producerId, producerEpoch } = producer
  return (await peer.ask('endTxn', version, { transactionalId, producerId, producerEpoch, committed })).errorCode
}

async function groupAdded(producer: Producer, groupId = 'group', version = 4): Promise<number> {
  const { producerId, producerEpoch } = producer
  return (await peer.ask('addOffsetsToTxn', version, { transactionalId, producerId, producerEpoch, groupId })).errorCode
}

/** The code of each partition. */
async function offsetsCommitted(
  producer: Producer,
  partitions: readonly number[],
  more: Partial<RequestOf<'txnOffsetCommit'>> & { readonly version?: number } = {},
): Promise<number[]> {
  const { version = 3, ...rest } = more
  const offsets = partitions.map((partitionIndex) => {
    return { partitionIndex, committedOffset: 7, committedLeaderEpoch: 0, committedMetadata: 'seen' }
  })
  const { topics } = await peer.ask('txnOffsetCommit', version, {
    transactionalId,
    groupId: 'group',
    producerId: producer.producerId,
    producerEpoch: producer.producerEpoch,
    generationId: -1,
    memberId: '',
    groupInstanceId: null,
    topics: [{ name: 't', partitions: offsets }],
    ...rest,
  })
  return topics.flatMap((topic) => topic.partitions.map(({ errorCode }) => errorCode))
}

async function fetched(isolationLevel: number, version = 11) {
  const id = rig.engine.topics.find('t')!.id
  const topic = version >= 13 ? { topicId: id } : { topic: 't' }
  const { topics } = await peer.ask('fetch', version, fetchRequest([topic], { isolationLevel }))
  return topics[0]!.partitions[0]!
}

async function offsetAt(timestamp: number, isolationLevel: number): Promise<number | undefined> {
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }]
  const request = { replicaId: -1, isolationLevel, topics: [{ name: 't', partitions }], timeoutMs: 0 }
  return (await peer.ask('listOffsets', 5, request)).topics[0]?.partitions[0]?.offset
}

/** A producer with an open transaction that wrote `values` to the first partition of `t`. */
async function writing(...values: string[]): Promise<Producer> {
  const producer = await initialized()
  expect(await named(producer, [{ name: 't', partitions: [0] }])).toEqual([0])
  expect(await produced(producer, values, {})).toMatchObject({ errorCode: 0 })
  return producer
}

describe('InitProducerId with a transactional id', () => {
  it('keeps the producer id and raises the epoch, which fences the older producer', async () => {
    const first = await writing('a')
    const second = await initialized()
    expect(second).toMatchObject({ errorCode: 0, producerId: first.producerId, producerEpoch: 1 })
    expect(await ended(first, true)).toBe(errorCodes.PRODUCER_FENCED)
  })

  it('ends what the older producer left open', async () => {
    const first = await writing('a')
    await initialized()
    const { lastStableOffset, abortedTransactions } = await fetched(1)
    expect(lastStableOffset).toBe(2)
    expect(abortedTransactions).toEqual([{ producerId: first.producerId, firstOffset: 0 }])
  })

  it('takes a producer that says who it was, and no stranger', async () => {
    const { producerId } = await initialized()
    const known = { producerId, producerEpoch: 0 }
    expect(await initialized(known)).toMatchObject({ errorCode: 0, producerId, producerEpoch: 1 })
    const stranger = { producerId: producerId + 1000, producerEpoch: 0 }
    expect(await initialized(stranger, 4)).toMatchObject({ errorCode: errorCodes.PRODUCER_FENCED, producerId: -1 })
    expect(await initialized(stranger, 3)).toMatchObject({ errorCode: errorCodes.INVALID_PRODUCER_EPOCH })
    // An id that is new has nothing to tell it by: some clients always claim to have been producer 0.
    const claim = { transactionalId: 'new', producerId: 0, producerEpoch: 0 }
    expect(await initialized(claim)).toMatchObject({ errorCode: 0, producerEpoch: 0 })
  })

  it.each([
    ['an empty id', { transactionalId: '' }, errorCodes.INVALID_REQUEST],
    ['a time-out that is too long', { transactionTimeoutMs: 900_001 }, errorCodes.INVALID_TRANSACTION_TIMEOUT],
    ['a time-out of nothing', { transactionTimeoutMs: 0 }, errorCodes.INVALID_TRANSACTION_TIMEOUT],
    ['half an identity', { producerId: 5 }, errorCodes.INVALID_REQUEST],
  ])('refuses %s', async (_, more, code) => {
    expect(await initialized(more)).toMatchObject({ errorCode: code, producerId: -1, producerEpoch: -1 })
  })

  it('is asked of this broker', async () => {
    const { coordinators } = await peer.ask('findCoordinator', 4, {
      key: '',
      keyType: 1,
      coordinatorKeys: [transactionalId],
    })
    expect(coordinators).toMatchObject([{ key: transactionalId, errorCode: 0, nodeId: 1, port: 9092 }])
  })
})

describe('AddPartitionsToTxn', () => {
  it('names all partitions or none', async () => {
    const producer = await initialized()
    const topics = [
      { name: 't', partitions: [0, 2, 1] },
      { name: 'nowhere', partitions: [0] },
      { name: internal, partitions: [0] },
    ]
    const [unknown, notTried] = [errorCodes.UNKNOWN_TOPIC_OR_PARTITION, errorCodes.OPERATION_NOT_ATTEMPTED]
    expect(await named(producer, topics)).toEqual([notTried, unknown, notTried, unknown, unknown])
    expect(rig.engine.transactions.describe(transactionalId)).toMatchObject({ state: 'empty', partitions: [] })
    expect(await named(producer, [{ name: 't', partitions: [0, 1, 0] }])).toEqual([0, 0, 0])
    expect(rig.engine.transactions.describe(transactionalId).partitions).toHaveLength(2)
  })

  it.each([0, 1, 2, 3])('says in version %d that a newer producer is there', async (version) => {
    const first = await initialized()
    await initialized()
    const code = version < 2 ? errorCodes.INVALID_PRODUCER_EPOCH : errorCodes.PRODUCER_FENCED
    expect(await named(first, [{ name: 't', partitions: [0] }], version)).toEqual([code])
  })

  it('knows no producer that never asked for the id', async () => {
    const code = errorCodes.INVALID_PRODUCER_ID_MAPPING
    expect(await named({ producerId: 0, producerEpoch: 0 }, [{ name: 't', partitions: [0] }])).toEqual([code])
    const { producerId } = await initialized()
    const stranger = { producerId: producerId + 1, producerEpoch: 0 }
    expect(await named(stranger, [{ name: 't', partitions: [0] }])).toEqual([code])
  })

  it('takes several transactions from version 4 on, each for itself', async () => {
    const [one, two] = [await initialized(), await initialized({ transactionalId: 'other' })]
    const answer = await peer.ask('addPartitionsToTxn', 5, {
      ...noOlderFields,
      transactions: [
        { transactionalId, ...identityOf(one), verifyOnly: false, topics: [{ name: 't', partitions: [0] }] },
        { transactionalId: 'other', ...identityOf(two), verifyOnly: false, topics: [{ name: 't', partitions: [9] }] },
      ],
    })
    expect(answer).toMatchObject({
      errorCode: 0,
      resultsByTransaction: [
        { transactionalId, topicResults: [{ resultsByPartition: [{ partitionErrorCode: 0 }] }] },
        { transactionalId: 'other', topicResults: [{ resultsByPartition: [{ partitionErrorCode: 3 }] }] },
      ],
    })
    expect(rig.engine.transactions.list().map(({ state }) => state)).toEqual(['ongoing', 'empty'])
  })

  it('only tells whether partitions are named, when asked to', async () => {
    const producer = await initialized()
    await named(producer, [{ name: 't', partitions: [1] }])
    const verify = async (of: Producer, id = transactionalId): Promise<number[]> => {
      const topics = [{ name: 't', partitions: [0, 1] }]
      const transactions = [{ transactionalId: id, ...identityOf(of), verifyOnly: true, topics }]
      const answer = await peer.ask('addPartitionsToTxn', 4, { ...noOlderFields, transactions })
      return answer.resultsByTransaction[0]!.topicResults[0]!.resultsByPartition.map(
        ({ partitionErrorCode }) => partitionErrorCode,
      )
    }
    const { producerId } = producer
    expect(await verify(producer)).toEqual([errorCodes.TRANSACTION_ABORTABLE, 0])
    expect(await verify({ producerId, producerEpoch: 4 })).toEqual(Array(2).fill(errorCodes.PRODUCER_FENCED))
    const unknown = Array(2).fill(errorCodes.INVALID_PRODUCER_ID_MAPPING)
    expect(await verify({ producerId: producerId + 1, producerEpoch: 0 })).toEqual(unknown)
    expect(await verify(producer, 'nobody')).toEqual(unknown)
    expect(rig.engine.transactions.describe(transactionalId).partitions).toEqual([{ topic: 't', partition: 1 }])
    await ended(producer, true)
    expect(await verify(producer)).toEqual(Array(2).fill(errorCodes.TRANSACTION_ABORTABLE))
  })
})

const noOlderFields = {
  v3AndBelowTransactionalId: '',
  v3AndBelowProducerId: 0,
  v3AndBelowProducerEpoch: 0,
  v3AndBelowTopics: [],
}

function identityOf({ producerId, producerEpoch }: Producer): Producer {
  return { producerId, producerEpoch }
}

describe('Produce in a transaction', () => {
  it('takes batches for partitions that are named, in their sequence', async () => {
    const producer = await writing('a')
    expect(await produced(producer, ['b'], { sequence: 1 })).toMatchObject({ errorCode: 0, baseOffset: 1 })
    const gap = errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER
    expect(await produced(producer, ['c'], { sequence: 7 })).toMatchObject({ errorCode: gap })
  })

  it.each([
    [9, errorCodes.INVALID_TXN_STATE],
    [11, errorCodes.TRANSACTION_ABORTABLE],
  ])('says in version %d that a partition is not named', async (version, code) => {
    const producer = await initialized()
    expect(await produced(producer, ['a'], { version })).toMatchObject({ errorCode: code, baseOffset: -1 })
    await named(producer, [{ name: 't', partitions: [1] }])
    expect(await produced(producer, ['a'], { version })).toMatchObject({ errorCode: code })
    expect(await rig.engine.bounds({ topic: 't', partition: 0 })).toMatchObject({ logEndOffset: 0 })
  })

  it('refuses batches behind the end of their transaction', async () => {
    const producer = await writing('a')
    await ended(producer, true)
    expect(await produced(producer, ['b'], { sequence: 1 })).toMatchObject({ errorCode: errorCodes.INVALID_TXN_STATE })
  })

  it.each([9, 12])('tells a fenced producer in version %d of its epoch', async (version) => {
    const producer = await writing('a')
    await initialized()
    const code = errorCodes.INVALID_PRODUCER_EPOCH
    expect(await produced(producer, ['b'], { sequence: 1, version })).toMatchObject({ errorCode: code })
  })

  it('wants request and batch to agree on whether there is a transaction', async () => {
    const producer = await writing('a')
    const batch = transactional(batchOf('b'), { ...producer, sequence: 1 })
    const without = await peer.ask('produce', 9, produceRequest('t', batch))
    expect(without.topics[0]?.partitions).toMatchObject([
      { errorCode: errorCodes.TRANSACTIONAL_ID_AUTHORIZATION_FAILED },
    ])
    const within = await peer.ask('produce', 9, produceRequest('t', batchOf('b'), { transactionalId }))
    expect(within.topics[0]?.partitions).toMatchObject([{ errorCode: errorCodes.INVALID_TXN_STATE }])
    expect(await rig.engine.bounds({ topic: 't', partition: 0 })).toMatchObject({ logEndOffset: 1 })
  })

  it('takes the end of a transaction from nobody', async () => {
    const { producerId } = await writing('a')
    const end = encodeControlBatch({ producerId, epoch: 0 }, 'commit', 1)
    const { topics } = await peer.ask('produce', 9, produceRequest('t', end, { transactionalId }))
    expect(topics[0]?.partitions).toMatchObject([{ errorCode: errorCodes.INVALID_RECORD }])
    expect(await fetched(1)).toMatchObject({ lastStableOffset: 0 })
  })
})

describe('Fetch', () => {
  it.each([4, 11, 12, 17])('gives in version %d all that is stored to who reads uncommitted', async (version) => {
    await writing('a', 'b')
    const answer = await fetched(0, version)
    expect(answer).toMatchObject({ errorCode: 0, highWatermark: 2, lastStableOffset: 0, abortedTransactions: null })
    expect(answer.records?.length).toBeGreaterThan(0)
  })

  it.each([4, 11, 12, 17])('ends in version %d before an open transaction', async (version) => {
    await peer.ask('produce', 9, produceRequest('t', batchOf('before')))
    const producer = await writing('a', 'b')
    await peer.ask('produce', 9, produceRequest('t', batchOf('behind')))
    const open = await fetched(1, version)
    expect(open).toMatchObject({ errorCode: 0, highWatermark: 4, lastStableOffset: 1, abortedTransactions: [] })
    expect(open.records).toHaveLength(batchOf('before').length)
    await ended(producer, true)
    expect(await fetched(1, version)).toMatchObject({ highWatermark: 5, lastStableOffset: 5, abortedTransactions: [] })
  })

  it.each([4, 11, 12, 17])('names in version %d the transactions that were aborted', async (version) => {
    const producer = await writing('a', 'b')
    await ended(producer, false)
    const { producerId } = producer
    const answer = await fetched(1, version)
    expect(answer).toMatchObject({ lastStableOffset: 3, abortedTransactions: [{ producerId, firstOffset: 0 }] })
    expect(await fetched(0, version)).toMatchObject({ abortedTransactions: null })
    // The batches and their end are there for both: clients leave them out.
    expect((await fetched(0, version)).records).toEqual(answer.records)
  })

  it('is woken by the end of a transaction', async () => {
    const producer = await writing('a')
    const other = rig.dial()
    const request = fetchRequest([{ topic: 't' }], { isolationLevel: 1, maxWaitMs: 60_000 })
    const waiting = other.ask('fetch', 11, request)
    await ended(producer, true)
    expect((await waiting).topics[0]?.partitions[0]).toMatchObject({ lastStableOffset: 2 })
  })
})

describe('ListOffsets', () => {
  it('ends before an open transaction for who reads committed', async () => {
    await peer.ask('produce', 9, produceRequest('t', batchOf('before')))
    const producer = await writing('a', 'b')
    expect(await offsetAt(-1, 0)).toBe(3)
    expect(await offsetAt(-1, 1)).toBe(1)
    expect(await offsetAt(0, 1)).toBe(0)
    await ended(producer, true)
    expect(await offsetAt(-1, 1)).toBe(4)
  })

  it('finds nothing by time at or behind an open transaction', async () => {
    const producer = await writing('a')
    expect([await offsetAt(0, 0), await offsetAt(-3, 0)]).toEqual([0, 0])
    expect([await offsetAt(0, 1), await offsetAt(-3, 1)]).toEqual([-1, -1])
    await ended(producer, true)
    expect(await offsetAt(0, 1)).toBe(0)
  })
})

describe('EndTxn', () => {
  it('answers the same outcome again, and no other', async () => {
    const producer = await writing('a')
    expect(await ended(producer, false)).toBe(0)
    expect(await ended(producer, false)).toBe(0)
    expect(await ended(producer, true)).toBe(errorCodes.INVALID_TXN_STATE)
  })

  it('ends nothing that did not begin', async () => {
    expect(await ended(await initialized(), true)).toBe(errorCodes.INVALID_TXN_STATE)
    const stranger = { producerId: 99, producerEpoch: 0 }
    expect(await ended(stranger, true)).toBe(errorCodes.INVALID_PRODUCER_ID_MAPPING)
  })

  it.each([0, 1, 2, 3, 4])('says in version %d that a newer producer is there', async (version) => {
    const producer = await writing('a')
    await initialized()
    const code = version < 2 ? errorCodes.INVALID_PRODUCER_EPOCH : errorCodes.PRODUCER_FENCED
    expect(await ended(producer, true, version)).toBe(code)
  })

  it('comes too late when the transaction ran out of its time', async () => {
    const producer = await writing('a')
    await rig.clock.advance(60_001)
    expect(await ended(producer, true)).toBe(errorCodes.PRODUCER_FENCED)
    expect((await fetched(1)).abortedTransactions).toMatchObject([{ firstOffset: 0 }])
  })
})

describe('offsets in a transaction', () => {
  const of = { topic: 't', partition: 0 }
  const wanted = [{ name: 't', partitionIndexes: [0] }]

  it('count once it is committed', async () => {
    const producer = await initialized()
    expect(await groupAdded(producer)).toBe(0)
    expect(await offsetsCommitted(producer, [0])).toEqual([0])
    expect(rig.engine.groups.committed('group', of)).toBeUndefined()
    expect(await ended(producer, true)).toBe(0)
    expect(rig.engine.groups.committed('group', of)).toMatchObject({ offset: 7, metadata: 'seen' })
  })

  it('are gone when it is aborted', async () => {
    const producer = await initialized()
    await groupAdded(producer)
    await offsetsCommitted(producer, [0])
    await ended(producer, false)
    expect(rig.engine.groups.committed('group', of)).toBeUndefined()
  })

  it('make a client ask again that wants stable ones', async () => {
    await rig.engine.groups.reset('group', [{ ...of, offset: 3 }])
    const producer = await initialized()
    await groupAdded(producer)
    await offsetsCommitted(producer, [0])
    const unstable = { errorCode: errorCodes.UNSTABLE_OFFSET_COMMIT, committedOffset: -1 }
    const stableOnly = await peer.ask('offsetFetch', 7, offsetFetchRequest('group', wanted, true))
    expect(stableOnly.topics[0]?.partitions).toMatchObject([unstable])
    const all = await peer.ask('offsetFetch', 9, offsetFetchRequest('group', null, true))
    expect(all.groups[0]?.topics[0]?.partitions).toMatchObject([unstable])
    const present = await peer.ask('offsetFetch', 9, offsetFetchRequest('group', wanted))
    expect(present.groups[0]?.topics[0]?.partitions).toMatchObject([{ errorCode: 0, committedOffset: 3 }])
    await ended(producer, true)
    const after = await peer.ask('offsetFetch', 7, offsetFetchRequest('group', wanted, true))
    expect(after.topics[0]?.partitions).toMatchObject([{ errorCode: 0, committedOffset: 7 }])
  })

  it('are taken for the partitions that there are', async () => {
    const producer = await initialized()
    await groupAdded(producer)
    expect(await offsetsCommitted(producer, [5, 1])).toEqual([errorCodes.UNKNOWN_TOPIC_OR_PARTITION, 0])
  })

  it.each([
    [0, errorCodes.INVALID_TXN_STATE],
    [3, errorCodes.INVALID_TXN_STATE],
    [4, errorCodes.TRANSACTION_ABORTABLE],
  ])('are refused in version %d for a group that was not named', async (version, code) => {
    const producer = await initialized()
    expect(await offsetsCommitted(producer, [0], { version })).toEqual([code])
  })

  it('are refused from a fenced producer, by its epoch', async () => {
    const producer = await initialized()
    await groupAdded(producer)
    await initialized()
    expect(await offsetsCommitted(producer, [0])).toEqual([errorCodes.INVALID_PRODUCER_EPOCH])
    expect(await groupAdded(producer, 'group', 1)).toBe(errorCodes.INVALID_PRODUCER_EPOCH)
    expect(await groupAdded(producer)).toBe(errorCodes.PRODUCER_FENCED)
  })

  it('are refused from a member that the group does not have, and taken from one that names none', async () => {
    const { memberId, generationId } = await peer.ask('joinGroup', 3, joinRequest())
    const producer = await initialized()
    await groupAdded(producer)
    const strange = { memberId: 'stranger', generationId }
    expect(await offsetsCommitted(producer, [0], strange)).toEqual([errorCodes.UNKNOWN_MEMBER_ID])
    const old = { memberId, generationId: generationId - 1 }
    expect(await offsetsCommitted(producer, [0], old)).toEqual([errorCodes.ILLEGAL_GENERATION])
    expect(await offsetsCommitted(producer, [0], { version: 1 })).toEqual([0])
  })

  it('belong to a group with a name', async () => {
    expect(await groupAdded(await initialized(), '')).toBe(errorCodes.INVALID_GROUP_ID)
  })
})

describe('DescribeTransactions', () => {
  it('tells of the open transaction, and of ids that nobody has', async () => {
    const producer = await initialized()
    const startedAtMs = rig.clock.now()
    await named(producer, [{ name: 't', partitions: [0, 1] }])
    const transactionalIds = [transactionalId, 'nobody', transactionalId]
    const { transactionStates } = await peer.ask('describeTransactions', 0, { transactionalIds })
    expect(transactionStates).toEqual([
      {
        errorCode: 0,
        transactionalId,
        transactionState: 'Ongoing',
        transactionTimeoutMs: 60_000,
        transactionStartTimeMs: startedAtMs,
        ...identityOf(producer),
        topics: [{ topic: 't', partitions: [0, 1] }],
      },
      expect.objectContaining({ errorCode: errorCodes.TRANSACTIONAL_ID_NOT_FOUND, transactionalId: 'nobody' }),
    ])
  })

  it.each([
    ['CompleteCommit', true],
    ['CompleteAbort', false],
  ])('calls the end %s', async (transactionState, committed) => {
    await ended(await writing('a'), committed)
    const { transactionStates } = await peer.ask('describeTransactions', 0, { transactionalIds: [transactionalId] })
    expect(transactionStates).toMatchObject([{ transactionState, transactionStartTimeMs: -1, topics: [] }])
  })
})

describe('ListTransactions', () => {
  async function listed(more: Partial<RequestOf<'listTransactions'>>) {
    const request = { stateFilters: [], producerIdFilters: [], durationFilter: -1, ...more }
    const answer = await peer.ask('listTransactions', 1, request)
    return { ...answer, ids: answer.transactionStates.map((listing) => listing.transactionalId) }
  }

  it('goes by state, producer and age', async () => {
    const producer = await writing('a')
    const { producerId } = await initialized({ transactionalId: 'idle' })
    expect((await listed({})).transactionStates).toEqual([
      { transactionalId: 'idle', producerId, transactionState: 'Empty' },
      { transactionalId, producerId: producer.producerId, transactionState: 'Ongoing' },
    ])
    expect((await listed({ stateFilters: ['Ongoing'] })).ids).toEqual([transactionalId])
    expect((await listed({ producerIdFilters: [producerId] })).ids).toEqual(['idle'])
    expect((await listed({ durationFilter: 5000 })).ids).toEqual([])
    await rig.clock.advance(5001)
    expect((await listed({ durationFilter: 5000 })).ids).toEqual([transactionalId])
  })

  it('says which states there are not', async () => {
    await initialized()
    const answer = await listed({ stateFilters: ['PrepareCommit', 'Lost'] })
    expect(answer).toMatchObject({ errorCode: 0, ids: [], unknownStateFilters: ['Lost'] })
  })
})

describe('DescribeProducers', () => {
  it('tells where the open transaction of a producer begins', async () => {
    await peer.ask('produce', 9, produceRequest('t', batchOf('before')))
    const producer = await writing('a')
    const begins = async (): Promise<number | undefined> => {
      const topics = [{ name: 't', partitionIndexes: [0] }]
      const described = await peer.ask('describeProducers', 0, { topics })
      return described.topics[0]?.partitions[0]?.activeProducers[0]?.currentTxnStartOffset
    }
    expect(await begins()).toBe(1)
    await ended(producer, true)
    expect(await begins()).toBe(-1)
  })
})
