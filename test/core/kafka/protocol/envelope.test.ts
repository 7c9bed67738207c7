import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { messageErrors } from '../../../../core/message/errors.js'
import { MessageReader } from '../../../../core/message/message-reader.js'
import type { AnyApi } from '../../../../core/kafka/protocol/apis.js'
import { apis } from '../../../../core/kafka/protocol/apis.js'
import { encodeResponseFrame, openRequest } from '../../../../core/kafka/protocol/envelope.js'
import { decodeFetchResponse } from '../../../../core/kafka/protocol/generated/fetch-response.js'
import { failureOf } from '../../message/codec-laws.js'

function header(key: number, version: number): readonly number[] {
  return [0, key, 0, version, 0, 0, 0, 7, 0, 2, 0x6d, 0x65]
}

const emptyFetch = { throttleTimeMs: 0, errorCode: 0, sessionId: 0, topics: [], nodeEndpoints: [] }

describe('the header of a request', () => {
  it('is followed at once by the body in versions that are not flexible', () => {
    const { header: opened, body } = openRequest(Buffer.from([...header(apis.metadata.key, 8), 9]))
    expect(opened).toEqual({ requestApiKey: 3, requestApiVersion: 8, correlationId: 7, clientId: 'me' })
    expect(body.remainingBytes).toBe(1)
  })

  it('ends with tagged fields in flexible versions, and keeps the older form of the client id', () => {
    const { header: opened, body } = openRequest(Buffer.from([...header(apis.metadata.key, 9), 1, 5, 2, 8, 8, 9]))
    expect(opened).toEqual({ requestApiKey: 3, requestApiVersion: 9, correlationId: 7, clientId: 'me' })
    expect(body.remainingBytes).toBe(1)
  })

  it('is read of APIs and versions that have no codec', () => {
    expect(openRequest(Buffer.from(header(99, 1))).header).toMatchObject({ requestApiKey: 99, correlationId: 7 })
    const later = openRequest(Buffer.from([...header(apis.apiVersions.key, 77), 0]))
    expect(later.header).toMatchObject({ requestApiVersion: 77, clientId: 'me' })
  })

  it('is malformed when it is cut short', () => {
    const whole = Buffer.from(header(apis.produce.key, 7))
    for (let length = 0; length < whole.length; length++) {
      const failure = failureOf(() => openRequest(whole.subarray(0, length)))
      expect(messageErrors.is(failure, 'malformed_message'), `${length} bytes`).toBe(true)
    }
  })
})

describe('a request of any bytes', () => {
  it.each(Object.values<AnyApi>(apis))('behind a header of $name is read or is malformed', (api) => {
    const versions = fc.integer({ min: api.minVersion, max: api.maxVersion })
    const property = fc.property(versions, fc.uint8Array({ maxLength: 120 }), (version, bytes) => {
      const failure = failureOf(() => {
        const { body } = openRequest(Buffer.concat([Buffer.from(header(api.key, version)), bytes]))
        api.decodeRequest(body, version)
      })
      if (failure !== undefined && !messageErrors.is(failure, 'malformed_message')) throw failure
    })
    fc.assert(property, { numRuns: 300 })
  })
})

describe('the frame of a response', () => {
  it('begins with its length and the correlation id', () => {
    const frame = Buffer.concat(encodeResponseFrame(apis.fetch, { version: 4, correlationId: 9 }, emptyFetch))
    expect(frame.toString('hex')).toBe(['0000000c', '00000009', '00000000', '00000000'].join(''))
  })

  it('has tagged fields in its header in flexible versions', () => {
    const frame = Buffer.concat(encodeResponseFrame(apis.fetch, { version: 12, correlationId: 9 }, emptyFetch))
    expect(frame.toString('hex')).toBe(
      ['00000011', '00000009', '00', '00000000', '0000', '00000000', '01', '00'].join(''),
    )
  })

  it('has none in the header of ApiVersions, whose body is flexible', () => {
    const response = {
      errorCode: 0,
      apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
      throttleTimeMs: 0,
      supportedFeatures: [],
      finalizedFeaturesEpoch: -1,
      finalizedFeatures: [],
      zkMigrationReady: false,
    }
    const frame = Buffer.concat(encodeResponseFrame(apis.apiVersions, { version: 3, correlationId: 1 }, response))
    expect(frame.toString('hex')).toBe(
      ['00000013', '00000001', '0000', '02', '001200000004', '00', '00000000', '00'].join(''),
    )
  })

  it('counts record sets that it holds by reference', () => {
    const records = [Buffer.alloc(70_000, 1), Buffer.alloc(80_000, 2)]
    const partition = {
      partitionIndex: 0,
      errorCode: 0,
      highWatermark: 1,
      lastStableOffset: 1,
      logStartOffset: 0,
      divergingEpoch: null,
      currentLeader: null,
      snapshotId: null,
      abortedTransactions: null,
      preferredReadReplica: -1,
      records,
    }
    const topic = { topic: 'orders', topicId: '00000000-0000-0000-0000-000000000000', partitions: [partition] }
    const chunks = encodeResponseFrame(
      apis.fetch,
      { version: 11, correlationId: 2 },
      { ...emptyFetch, topics: [topic] },
    )
    expect(chunks.filter((chunk) => records.some((one) => one.buffer === chunk.buffer))).toHaveLength(2)
    const frame = Buffer.concat(chunks)
    expect(frame.readInt32BE(0)).toBe(frame.length - 4)
    const decoded = decodeFetchResponse(new MessageReader(frame.subarray(8)), 11)
    expect(decoded.topics[0]?.partitions[0]?.records).toEqual(Buffer.concat(records))
  })
})
