import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { errorCodes } from '../../core/kafka/protocol/error-codes.js'
import { batchField, batchHeaderBytes, sealBatch } from '../../core/record/batch-layout.js'
import { mostDecompressedBytes } from '../../core/record/compression.js'
import { encodeBatch } from '../../core/record/encode-batch.js'
import { prepareZstd } from '../../core/record/zstd.js'
import { produceRequest, versionsRequest } from '../core/kafka/server/requests.js'
import { type PeerConnection, type ServerRig, startRig } from '../core/kafka/server/server-rig.js'
import { advanceUntil, appendNumbers, makeTopic, numbers, readTopic, type Rig } from '../core/pipeline/rig.js'
import { place, SinkRuns } from '../core/pipeline/sink-runs.js'
import { gzipBomb, lz4Bomb, snappyBomb, xerialBomb, zstdBomb } from '../core/record/bombs.js'

const mebibyte = 1024 * 1024
/** As many as are taken from a batch, and a little more. */
const tooMany = mostDecompressedBytes / mebibyte + 6

const bombs = [
  { name: 'gzip', codec: 1, bytes: () => gzipBomb(tooMany) },
  { name: 'lz4', codec: 3, bytes: () => lz4Bomb(tooMany) },
  { name: 'zstd', codec: 4, bytes: () => zstdBomb(tooMany) },
  { name: 'snappy that states 4 GiB', codec: 2, bytes: () => Buffer.from('ffffffff0f00', 'hex') },
]
/** Snappy makes 21 bytes of one at most: only large batches can be bombs. */
const largeBombs = [
  { name: 'snappy', codec: 2, bytes: () => snappyBomb(tooMany) },
  { name: 'snappy in frames', codec: 2, bytes: () => xerialBomb(tooMany) },
]

/** A batch, with a right checksum, that says it holds one record. */
function batchAround(codec: number, bytes: Buffer): Buffer {
  const header = encodeBatch([{ key: null, value: null, timestampMs: 1 }]).subarray(0, batchHeaderBytes)
  const batch = Buffer.concat([header, bytes])
  batch.writeInt16BE(codec, batchField.attributes)
  sealBatch(batch, 0, batch.length)
  return batch
}

const heldBytes = (): number => process.memoryUsage().arrayBuffers

beforeAll(prepareZstd)

describe('a bomb that a client sends', () => {
  let rig: ServerRig
  let peer: PeerConnection

  beforeEach(async () => {
    rig = await startRig()
    peer = rig.dial()
  })

  afterEach(() => rig.close())

  it.each([...bombs, ...largeBombs])(
    'to a compacted topic is refused, and told why: $name',
    async ({ codec, bytes }) => {
      await rig.engine.topics.create({
        name: 't',
        partitions: 1,
        settings: { cleanup: 'compact', maxBatchBytes: 8 * mebibyte },
      })
      const request = produceRequest('t', batchAround(codec, bytes()))
      const before = heldBytes()
      const { topics } = await peer.ask('produce', 9, request)
      expect(heldBytes() - before).toBeLessThan(3 * mostDecompressedBytes)
      const [answer] = topics[0]!.partitions
      expect(answer).toMatchObject({ errorCode: errorCodes.CORRUPT_MESSAGE, baseOffset: -1 })
      expect(answer?.errorMessage).toMatch(/do not open within|are the most|more than/)
      const next = encodeBatch([{ key: Buffer.from('key'), value: null, timestampMs: 1 }])
      const after = await peer.ask('produce', 9, produceRequest('t', next))
      expect(after.topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, baseOffset: 0 })
    },
  )

  it('thirty times in one request is refused each time, one after the other', async () => {
    await rig.engine.topics.create({ name: 't', partitions: 1, settings: { cleanup: 'compact' } })
    const records = batchAround(4, zstdBomb(tooMany))
    const partitions = Array.from({ length: 30 }, () => ({ index: 0, records }))
    const before = heldBytes()
    const { topics } = await peer.ask('produce', 9, {
      ...produceRequest('t', null),
      topics: [{ name: 't', partitions }],
    })
    expect(heldBytes() - before).toBeLessThan(3 * mostDecompressedBytes)
    const codes = topics[0]!.partitions.map(({ errorCode }) => errorCode)
    expect(codes).toEqual(partitions.map(() => errorCodes.CORRUPT_MESSAGE))
  })

  it('in front of a look-up by time holds nobody up, however many partitions are named', async () => {
    await rig.engine.topics.create({ name: 't', partitions: 1 })
    await rig.engine.append([{ topic: 't', partition: 0, batch: batchAround(4, zstdBomb(tooMany)) }])
    const partitions = [0, -3, 0, 0].map((timestamp) => ({ partitionIndex: 0, currentLeaderEpoch: -1, timestamp }))
    const other = rig.dial()
    const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: 't', partitions }], timeoutMs: 1000 }
    const asked = peer.ask('listOffsets', 7, request)
    expect(await other.ask('apiVersions', 0, versionsRequest)).toMatchObject({ errorCode: 0 })
    expect(peer.frames).toEqual([])
    expect((await asked).topics[0]?.partitions).toHaveLength(4)
  })

  it.each(bombs)('to any other topic is kept as it came, and not opened: $name', async ({ codec, bytes }) => {
    await rig.engine.topics.create({ name: 't', partitions: 1 })
    const batch = batchAround(codec, bytes())
    const before = heldBytes()
    const { topics } = await peer.ask('produce', 9, produceRequest('t', batch))
    expect(topics[0]?.partitions[0]).toMatchObject({ errorCode: 0, baseOffset: 0 })
    expect(heldBytes() - before).toBeLessThan(mostDecompressedBytes)
  })
})

describe('a bomb in a topic that a sink reads', () => {
  let runs: SinkRuns
  let rig: Rig

  beforeEach(async () => {
    runs = await SinkRuns.make()
    rig = runs.rig
    await makeTopic(rig.engine, 'dead')
  })

  afterEach(() => rig.engine.close())

  it.each(bombs)('is one dead letter, and the sink goes on: $name', async ({ codec, bytes }) => {
    await appendNumbers(rig.engine, place, { from: 0, to: 3 })
    await rig.engine.append([{ ...place, batch: batchAround(codec, bytes()) }])
    await appendNumbers(rig.engine, place, { from: 4, to: 6 })
    const before = heldBytes()
    const { end } = runs.run({ plan: { onError: { deadLetter: 'dead', maxAttempts: 3 } } })
    await runs.whenDelivered(5)
    await rig.clock.advance(1_000)
    await end()
    expect(heldBytes() - before).toBeLessThan(4 * mostDecompressedBytes)
    expect(runs.delivered()).toEqual([...numbers(0, 3), ...numbers(4, 6)])
    const [letter, ...others] = await readTopic(rig.engine, 'dead')
    expect(others).toEqual([])
    expect(letter?.headers).toMatchObject({
      'tailrace.error.code': 'decompression_failed',
      'tailrace.error.offset': '3',
    })
  })

  it('stops a sink that has no dead-letter topic, with the batch in its error', async () => {
    await rig.engine.append([{ ...place, batch: batchAround(1, gzipBomb(tooMany)) }])
    const { done } = runs.run()
    await expect(advanceUntil(rig, done)).rejects.toMatchObject({
      code: 'no_dead_letter_topic',
      details: { offset: 0, code: 'decompression_failed' },
    })
  })
})
