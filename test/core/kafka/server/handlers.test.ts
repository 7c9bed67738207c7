import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { engineErrors } from '../../../../core/engine/errors.js'
import type { TopicSettings } from '../../../../core/engine/topic-admin.js'
import { errorCodes } from '../../../../core/kafka/protocol/error-codes.js'
import { apis, type ResponseOf } from '../../../../core/kafka/protocol/apis.js'
import { failureOf } from '../../../../core/kafka/server/error-mapping.js'
import { endOfEpoch } from '../../../../core/kafka/server/leader-epoch.js'
import { setLeaderEpoch } from '../../../../core/record/batch-layout.js'
import { settled } from '../../../support/manual-clock.js'
import {
  batchOf,
  fetchRequest,
  joinRequest,
  metadataRequest,
  produceRequest,
  sequenced,
  versionsRequest,
} from './requests.js'
import { decodeResponse, framed, type PeerConnection, requestFrame, type ServerRig, startRig } from './server-rig.js'

const internal = '__tailrace_offsets'

let rig: ServerRig
let peer: PeerConnection

beforeEach(async () => {
  rig = await startRig()
  peer = rig.dial()
})

afterEach(() => rig.close())

async function topicOf(name: string, partitions = 1, settings: Partial<TopicSettings> = {}): Promise<string> {
  return (await rig.engine.topics.create({ name, partitions, settings })).id
}

async function produced(topic: string, records: Buffer | null, partition = 0) {
  const { topics } = await peer.ask('produce', 9, produceRequest(topic, records, { partition }))
  return topics[0]?.partitions[0]
}

async function fetched(version: number, ...parameters: Parameters<typeof fetchRequest>) {
  const { topics } = await peer.ask('fetch', version, fetchRequest(...parameters))
  return topics.map(({ partitions }) => partitions[0]!)
}

describe('ApiVersions', () => {
  it('tells the versions that are served, Produce from 0', async () => {
    const { apiKeys } = await peer.ask('apiVersions', 3, versionsRequest)
    expect(apiKeys).toContainEqual({ apiKey: 0, minVersion: 0, maxVersion: 12 })
    expect(apiKeys).toContainEqual({ apiKey: 10, minVersion: 0, maxVersion: 6 })
    expect(apiKeys).toContainEqual({ apiKey: 23, minVersion: 2, maxVersion: 4 })
    expect(apiKeys.map(({ apiKey }) => apiKey)).not.toContain(apis.alterUserScramCredentials.key)
  })

  it('answers a version to come in version 0, with its own row', async () => {
    peer.send(framed(Buffer.from('0012006300000009ffff00', 'hex')))
    while (peer.frames.length === 0) await settled()
    const answer = await decodeResponse('apiVersions', 0, peer.frames[0]!, 9)
    const own = { apiKey: 18, minVersion: 0, maxVersion: 4 }
    expect(answer).toMatchObject({ errorCode: errorCodes.UNSUPPORTED_VERSION, apiKeys: [own] })
    expect(await peer.ask('apiVersions', 4, versionsRequest)).toMatchObject({ errorCode: 0 })
  })

  it('refuses software with a name that is none', async () => {
    const answer = await peer.ask('apiVersions', 3, { ...versionsRequest, clientSoftwareName: '-' })
    expect(answer.errorCode).toBe(errorCodes.INVALID_REQUEST)
  })
})

describe('Metadata', () => {
  it('makes a topic at once, with a leader, unless the client says that it must not', async () => {
    const { topics } = await peer.ask('metadata', 12, metadataRequest(['made']))
    const made = rig.engine.topics.find('made')
    expect(topics).toMatchObject([{ errorCode: 0, topicId: made?.id, partitions: [{ leaderId: 1, leaderEpoch: 0 }] }])
    const other = await peer.ask('metadata', 12, metadataRequest(['other'], false))
    expect(other.topics).toMatchObject([{ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION }])
    expect(rig.engine.topics.find('other')).toBeUndefined()
  })

  it('tells null from empty, and in version 0 takes empty for all', async () => {
    await topicOf('t')
    const names = async (version: number, wanted: readonly string[] | null) =>
      (await peer.ask('metadata', version, metadataRequest(wanted))).topics.map(({ name }) => name)
    expect(await names(0, [])).toEqual(['t'])
    expect(await names(1, [])).toEqual([])
    expect(await names(1, null)).toEqual(['t'])
    expect(await names(13, null)).toEqual(['t'])
  })

  it('finds topics by id, and knows no id of a topic that was deleted', async () => {
    const id = await topicOf('t')
    const request = { ...metadataRequest([]), topics: [{ topicId: id, name: null }] }
    expect((await peer.ask('metadata', 12, request)).topics).toMatchObject([{ errorCode: 0, name: 't' }])
    await rig.engine.topics.delete('t')
    await topicOf('t')
    const gone = (await peer.ask('metadata', 12, request)).topics
    expect(gone).toMatchObject([{ errorCode: errorCodes.UNKNOWN_TOPIC_ID, topicId: id }])
  })

  it('answers who names a topic by its id alone before version 12, where answers have no null', async () => {
    const topicId = await topicOf('t')
    const request = { ...metadataRequest([]), topics: [{ topicId, name: null }] }
    for (const version of [10, 11]) {
      const { topics } = await peer.ask('metadata', version, request)
      expect(topics).toMatchObject([{ errorCode: errorCodes.INVALID_REQUEST, name: '', topicId, partitions: [] }])
    }
  })

  it('neither shows nor makes an internal topic', async () => {
    const { topics } = await peer.ask('metadata', 12, metadataRequest([internal, '__tailrace_new']))
    expect(topics.map(({ errorCode }) => errorCode)).toEqual([17, 17])
    expect((await peer.ask('metadata', 12, metadataRequest(null))).topics).toEqual([])
  })
})

describe('a request that names a thing twice', () => {
  it('gets one answer to it', async () => {
    const { topics } = await peer.ask('metadata', 12, metadataRequest(['t', 'u', 't']))
    expect(topics.map(({ name }) => name)).toEqual(['t', 'u'])
    const { groups } = await peer.ask('describeGroups', 5, { groups: ['g', 'g'], includeAuthorizedOperations: false })
    expect(groups).toMatchObject([{ groupId: 'g', groupState: 'Dead', errorCode: 0 }])
  })

  it('makes no topic of that name', async () => {
    const topic = { numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const named = ['a', 'b', 'a'].map((name) => ({ ...topic, name }))
    const { topics } = await peer.ask('createTopics', 5, { topics: named, timeoutMs: 1000, validateOnly: false })
    expect(topics.map(({ name, errorCode }) => [name, errorCode])).toEqual([
      ['a', errorCodes.INVALID_REQUEST],
      ['b', errorCodes.NONE],
    ])
    expect(rig.engine.topics.list().map(({ name }) => name)).toEqual(['b'])
  })
})

describe('Produce', () => {
  it('stores a batch and tells its offset', async () => {
    await topicOf('t')
    expect(await produced('t', batchOf('a', 'b'))).toMatchObject({ errorCode: 0, baseOffset: 0, logAppendTimeMs: -1 })
    expect(await produced('t', batchOf('c'))).toMatchObject({ baseOffset: 2, logStartOffset: 0, recordErrors: [] })
  })

  it.each([
    ['two batches', () => Buffer.concat([batchOf('a'), batchOf('b')]), errorCodes.INVALID_RECORD],
    ['no batch', () => null, errorCodes.INVALID_RECORD],
    ['bytes that are too few', () => batchOf('a').subarray(0, 40), errorCodes.CORRUPT_MESSAGE],
    ['bytes that changed on the way', () => Buffer.from(batchOf('value')).fill(1, 70, 72), errorCodes.CORRUPT_MESSAGE],
    ['an older format', () => Buffer.from(batchOf('a')).fill(1, 16, 17), errorCodes.INVALID_RECORD],
  ])('refuses %s', async (_, made, code) => {
    await topicOf('t')
    expect(await produced('t', made())).toMatchObject({ errorCode: code, baseOffset: -1 })
    expect(await rig.engine.bounds({ topic: 't', partition: 0 })).toMatchObject({ highWatermark: 0 })
  })

  it('names the records without a key in a compacted topic', async () => {
    await topicOf('t', 1, { cleanup: 'compact' })
    const answer = await produced('t', batchOf('a', 'b'))
    expect(answer).toMatchObject({ errorCode: errorCodes.INVALID_RECORD })
    expect(answer?.recordErrors.map(({ batchIndex }) => batchIndex)).toEqual([0, 1])
  })

  it('refuses one partition and takes the others', async () => {
    await topicOf('t', 2)
    const partitions = [0, 7, 1].map((index) => ({ index, records: batchOf('a') }))
    const request = { transactionalId: null, acks: 1, timeoutMs: 1000, topics: [{ name: 't', partitions }] }
    const { topics } = await peer.ask('produce', 8, request)
    expect(topics[0]?.partitions.map(({ errorCode }) => errorCode)).toEqual([0, 3, 0])
  })

  it('writes no internal topic', async () => {
    expect(await produced(internal, batchOf('a'))).toMatchObject({ errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION })
  })

  it('knows no acks but -1, 0 and 1', async () => {
    await topicOf('t')
    const { topics } = await peer.ask('produce', 7, produceRequest('t', batchOf('a'), { acks: 2 }))
    expect(topics[0]?.partitions).toMatchObject([{ errorCode: errorCodes.INVALID_REQUIRED_ACKS }])
  })

  it('answers nothing to acks=0, and closes when it is refused', async () => {
    await topicOf('t')
    peer.send(await requestFrame('produce', 7, produceRequest('t', batchOf('a'), { acks: 0 }), 1))
    await peer.ask('apiVersions', 0, versionsRequest)
    expect(peer.frames).toHaveLength(1)
    peer.send(await requestFrame('produce', 7, produceRequest('nowhere', batchOf('a'), { acks: 0 }), 2))
    while (!peer.isClosed) await settled()
    expect(rig.said).toMatchObject([{ fields: { reason: 'kafka_peer_refused' } }])
  })
})

describe('Fetch', () => {
  it('gives whole batches, that of an offset in the middle too', async () => {
    await topicOf('t')
    await produced('t', batchOf('a', 'b', 'c'))
    const [answer] = await fetched(11, [{ topic: 't', offset: 2 }])
    expect(answer).toMatchObject({ errorCode: 0, highWatermark: 3, lastStableOffset: 3, logStartOffset: 0 })
    expect(answer?.records).toHaveLength(batchOf('a', 'b', 'c').length)
  })

  it('gives the first batch whole, whatever the limits, and then no more', async () => {
    await topicOf('t')
    await topicOf('u')
    for (const topic of ['t', 'u']) await produced(topic, batchOf('x'.repeat(5000)))
    const [first, second] = await fetched(11, [{ topic: 't' }, { topic: 'u' }], { maxBytes: 100 })
    expect(first?.records?.length).toBeGreaterThan(5000)
    expect(second).toMatchObject({ errorCode: 0, highWatermark: 1 })
    expect(second?.records).toHaveLength(0)
  })

  it('is woken by the append', async () => {
    await topicOf('t')
    peer.send(await requestFrame('fetch', 11, fetchRequest([{ topic: 't' }], { maxWaitMs: 60_000 }), 5))
    await settled()
    expect(peer.frames).toEqual([])
    await rig.engine.append([{ topic: 't', partition: 0, batch: batchOf('woken') }])
    while (peer.frames.length === 0) await settled()
    const { topics } = await decodeResponse('fetch', 11, peer.frames[0]!, 5)
    expect(topics[0]?.partitions[0]).toMatchObject({ highWatermark: 1 })
  })

  it('answers after its time with nothing', async () => {
    await topicOf('t')
    peer.send(await requestFrame('fetch', 11, fetchRequest([{ topic: 't' }], { maxWaitMs: 500 }), 5))
    await rig.clock.advance(499)
    expect(peer.frames).toEqual([])
    await rig.clock.advance(1)
    expect(peer.frames).toHaveLength(1)
  })

  it.each([4, 11, 12])('says in version %d what is wrong with a partition, at once', async (version) => {
    await topicOf('t')
    const request = [{ topic: 't' }, { topic: 't', offset: 9 }, { topic: 'nowhere' }, { topic: internal }]
    const answers = await fetched(version, request, { maxWaitMs: 60_000 })
    expect(answers.map(({ errorCode }) => errorCode)).toEqual([0, 1, 3, 3])
  })

  it('goes by topic ids from version 13 on', async () => {
    const id = await topicOf('t')
    await produced('t', batchOf('a'))
    const unknown = '00000000-0000-4000-8000-000000000000'
    const answers = await fetched(13, [{ topicId: id }, { topicId: unknown }])
    expect(answers.map(({ errorCode }) => errorCode)).toEqual([0, errorCodes.UNKNOWN_TOPIC_ID])
    expect(answers[0]?.records?.length).toBeGreaterThan(0)
  })

  it('has no sessions', async () => {
    await topicOf('t')
    const made = await peer.ask('fetch', 11, fetchRequest([{ topic: 't' }], { sessionEpoch: 0 }))
    expect(made).toMatchObject({ errorCode: 0, sessionId: 0 })
    const other = await peer.ask('fetch', 11, fetchRequest([], { sessionId: 5, sessionEpoch: 1 }))
    expect(other.errorCode).toBe(errorCodes.FETCH_SESSION_ID_NOT_FOUND)
  })

  it('fences a client that knows a later leader epoch than there is', async () => {
    await topicOf('t')
    expect(await fetched(11, [{ topic: 't', epoch: 0 }])).toMatchObject([{ errorCode: 0 }])
    expect(await fetched(11, [{ topic: 't', epoch: 3 }])).toMatchObject([
      { errorCode: errorCodes.UNKNOWN_LEADER_EPOCH },
    ])
  })
})

describe('JoinGroup', () => {
  it('gives a new member its id first, from version 4 on', async () => {
    const first = await peer.ask('joinGroup', 5, joinRequest())
    expect(first).toMatchObject({ errorCode: errorCodes.MEMBER_ID_REQUIRED, memberId: expect.stringMatching(/^test-/) })
    expect(rig.engine.groups.list()).toEqual([])
    const { memberId } = first
    const joined = await peer.ask('joinGroup', 5, joinRequest({ memberId }))
    expect(joined).toMatchObject({ errorCode: 0, generationId: 1, leader: memberId, memberId })
  })

  it('joins a new member at once in older versions', async () => {
    expect(await peer.ask('joinGroup', 3, joinRequest())).toMatchObject({ errorCode: 0, generationId: 1 })
  })

  it('knows no member id that it never gave, or that was given too long ago', async () => {
    const made = await peer.ask('joinGroup', 5, joinRequest({ memberId: 'test-made-up' }))
    expect(made.errorCode).toBe(errorCodes.UNKNOWN_MEMBER_ID)
    const { memberId } = await peer.ask('joinGroup', 5, joinRequest())
    await rig.clock.advance(10_001)
    const late = await peer.ask('joinGroup', 5, joinRequest({ memberId }))
    expect(late.errorCode).toBe(errorCodes.UNKNOWN_MEMBER_ID)
  })

  it('lets a static member take the place of its former self, which is fenced', async () => {
    const instance = { groupInstanceId: 'one' }
    const first = await peer.ask('joinGroup', 5, joinRequest(instance))
    const { memberId, generationId } = first
    const sync = { groupId: 'group', generationId, memberId, ...instance, protocolType: null, protocolName: null }
    const assignments = [{ memberId, assignment: Buffer.from('all') }]
    expect(await peer.ask('syncGroup', 3, { ...sync, assignments })).toMatchObject({ errorCode: 0 })
    const second = await peer.ask('joinGroup', 5, joinRequest(instance))
    expect(second).toMatchObject({ errorCode: 0, generationId })
    const beat = await peer.ask('heartbeat', 3, { groupId: 'group', generationId, memberId, ...instance })
    expect(beat.errorCode).toBe(errorCodes.FENCED_INSTANCE_ID)
  })

  it.each([
    ['no name', { groupId: '' }, errorCodes.INVALID_GROUP_ID],
    ['a session time-out out of range', { sessionTimeoutMs: 1 }, errorCodes.INVALID_SESSION_TIMEOUT],
    ['no protocol', { protocols: [] }, errorCodes.INCONSISTENT_GROUP_PROTOCOL],
  ])('refuses %s', async (_, more, code) => {
    expect((await peer.ask('joinGroup', 3, joinRequest(more))).errorCode).toBe(code)
  })
})

describe('DescribeTopicPartitions', () => {
  it('gives topics in pages, each beginning where the one before ended', async () => {
    await topicOf('a', 3)
    await topicOf('b', 2)
    const request = { topics: [], responsePartitionLimit: 2, cursor: null }
    const seen: string[] = []
    let cursor: { readonly topicName: string; readonly partitionIndex: number } | null = null
    do {
      const page: ResponseOf<'describeTopicPartitions'> = await peer.ask('describeTopicPartitions', 0, {
        ...request,
        cursor,
      })
      for (const { name, partitions } of page.topics)
        seen.push(...partitions.map(({ partitionIndex }) => `${name}${partitionIndex}`))
      cursor = page.nextCursor
    } while (cursor !== null)
    expect(seen).toEqual(['a0', 'a1', 'a2', 'b0', 'b1'])
  })
})

describe('producers', () => {
  const ids = { transactionalId: null, transactionTimeoutMs: 0, producerId: -1, producerEpoch: -1 }

  it('get an id of their own, whichever they say that they have', async () => {
    const first = await peer.ask('initProducerId', 4, ids)
    expect(first).toMatchObject({ errorCode: 0, producerEpoch: 0 })
    const { producerId } = first
    const next = await peer.ask('initProducerId', 4, { ...ids, producerId, producerEpoch: 0 })
    expect(next).toMatchObject({ errorCode: 0, producerEpoch: 0 })
    expect(next.producerId).not.toBe(producerId)
  })

  it('are told the first offset of a batch that they send twice, and are shown', async () => {
    await topicOf('t')
    const { producerId } = await peer.ask('initProducerId', 4, ids)
    const batch = sequenced(batchOf('a', 'b'), { producerId })
    expect(await produced('t', batch)).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(await produced('t', batch)).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(await produced('t', sequenced(batchOf('c'), { producerId, sequence: 5 }))).toMatchObject({
      errorCode: errorCodes.OUT_OF_ORDER_SEQUENCE_NUMBER,
    })
    const topics = [{ name: 't', partitionIndexes: [0, 4] }]
    const described = await peer.ask('describeProducers', 0, { topics })
    expect(described.topics[0]?.partitions).toMatchObject([
      { errorCode: 0, activeProducers: [{ producerId, producerEpoch: 0, lastSequence: 1 }] },
      { errorCode: errorCodes.UNKNOWN_TOPIC_OR_PARTITION, activeProducers: [] },
    ])
  })
})

describe('leader epochs', () => {
  it('end where the first batch of a later one begins', async () => {
    await topicOf('t')
    const of = { topic: 't', partition: 0 }
    const epochs = [0, 0, 2, 2, 2, 5]
    const batches = epochs.map((epoch, index) => {
      const batch = batchOf('a', 'b')
      batch.writeBigInt64BE(BigInt(2 * index), 0)
      setLeaderEpoch(batch, 0, epoch)
      return batch
    })
    // A log as three crashes left it: the memory engine itself knows one epoch only.
    const engine = {
      ...rig.engine,
      leaderEpoch: 7,
      bounds: async () => ({ logStartOffset: 0, highWatermark: 12, writtenWatermark: 12, logEndOffset: 12, bytes: 1 }),
      read: async (reads: readonly { readonly offset: number }[]) => {
        const batch = batches[Math.floor((reads[0]?.offset ?? 0) / 2)] ?? Buffer.alloc(0)
        const chunk = { ...of, batches: batch, nextOffset: 0, highWatermark: 12, logStartOffset: 0 }
        return { chunks: [chunk] }
      },
    } as unknown as ServerRig['engine']
    const ends = await Promise.all([0, 1, 2, 4, 5, 6, 7, 8].map((epoch) => endOfEpoch(engine, of, epoch)))
    expect(ends).toEqual([
      { epoch: 0, endOffset: 4 },
      { epoch: 0, endOffset: 4 },
      { epoch: 2, endOffset: 10 },
      { epoch: 2, endOffset: 10 },
      { epoch: 5, endOffset: 12 },
      { epoch: 5, endOffset: 12 },
      { epoch: 7, endOffset: 12 },
      { epoch: -1, endOffset: -1 },
    ])
  })
})

describe('errors', () => {
  it('of the engine have a code of Kafka each', () => {
    for (const code of Object.keys(engineErrors.table) as (keyof typeof engineErrors.table)[]) {
      const { code: kafka, message } = failureOf(engineErrors.make(code, 'it happened'))
      expect(Object.values(errorCodes)).toContain(kafka)
      expect(kafka).not.toBe(errorCodes.NONE)
      expect(message).toBe('it happened')
    }
  })

  it('that are none of the product are not hidden behind a code', () => {
    expect(() => failureOf(new TypeError('a mistake'))).toThrow('a mistake')
  })
})
