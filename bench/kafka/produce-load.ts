// What the blaster sends and what it is answered: Produce requests of one batch, encoded before the clock starts.

import { apis } from '../../core/kafka/protocol/apis.js'
import { encodeResponseFrame } from '../../core/kafka/protocol/envelope.js'
import { encodeProduceRequest } from '../../core/kafka/protocol/generated/produce-request.js'
import { encodeRequestHeader } from '../../core/kafka/protocol/generated/request-header.js'
import { MessageWriter } from '../../core/message/message-writer.js'
import { encodeBatch } from '../../core/record/encode-batch.js'

export const produceVersion = 9
const requestHeaderVersion = 2
const recordBytes = 100

/** One run of the blaster; it is its argument, as JSON. */
export interface ProduceLoad {
  readonly port: number
  readonly topic: string
  /** Partitions are gone through one after the other. */
  readonly partitions: number
  readonly connections: number
  /** Requests without an answer, on each connection. */
  readonly inFlight: number
  readonly batchBytes: number
  /** Over all connections. */
  readonly requests: number
}

/** A batch of records of 100 bytes that is about as large as asked for, and not larger. */
export function batchOf(bytes: number): Buffer {
  const value = Buffer.alloc(recordBytes, 'GET /index.html 200 service=shop trace=9f31 ')
  const record = { key: null, value, timestampMs: 1_700_000_000_000 }
  const headerBytes = encodeBatch([record]).length - recordBytes
  const count = Math.max(1, Math.floor((bytes - headerBytes) / (recordBytes + 10)))
  return encodeBatch(Array.from({ length: count }, () => record))
}

export function produceFrame(topic: string, index: number, records: Buffer): Buffer {
  const writer = new MessageWriter(records.length + 256)
  writer.int32(0)
  const header = {
    requestApiKey: apis.produce.key,
    requestApiVersion: produceVersion,
    correlationId: 0,
    clientId: 'bench',
  }
  encodeRequestHeader(writer, header, requestHeaderVersion)
  const topics = [{ name: topic, partitions: [{ index, records }] }]
  encodeProduceRequest(writer, { transactionalId: null, acks: -1, timeoutMs: 30_000, topics }, produceVersion)
  const frame = Buffer.concat(writer.finish())
  frame.writeInt32BE(frame.length - 4, 0)
  return frame
}

/** What a server that has appended answers; the bare copy says it too. */
export function produceAnswer(topic: string): Buffer {
  const appended = { index: 0, errorCode: 0, baseOffset: 0, logAppendTimeMs: -1, logStartOffset: 0 }
  const partitions = [{ ...appended, recordErrors: [], errorMessage: null, currentLeader: null }]
  const response = { topics: [{ name: topic, partitions }], throttleTimeMs: 0, nodeEndpoints: [] }
  return Buffer.concat(encodeResponseFrame(apis.produce, { version: produceVersion, correlationId: 0 }, response))
}
