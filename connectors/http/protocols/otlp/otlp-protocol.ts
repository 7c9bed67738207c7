// OpenTelemetry's logs over HTTP (OTLP/HTTP 1.x): `POST /v1/logs` below the path of the source, as JSON or as Protocol
// Buffers. Each log record is a record, together with its resource and its scope; its time is the record's.
//
// A record that is too large for its topic is told as rejected, and the others are taken. How many were is counted from
// what was taken, so that a request that comes again is answered the same.

import type { IngressAnswer } from '../../../../core/connector/ingress.js'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { httpErrors } from '../../errors.js'
import type { IncomingRecord, Protocol, ProtocolRequest, RecordIntake, TakenRequest } from '../../protocol.js'
import { recordOf } from '../../raw/body-reading.js'
import { readJsonLogs } from './json-logs.js'
import type { LogText, TakeLog } from './log-text.js'
import { exportAnswer, type OtlpEncoding, refusalAnswer } from './otlp-answer.js'
import { readProtobufLogs } from './protobuf-logs.js'

const readers: Readonly<Record<OtlpEncoding, (body: Buffer, take: TakeLog) => void>> = {
  json: readJsonLogs,
  protobuf: readProtobufLogs,
}

const encodings: Readonly<Record<string, OtlpEncoding>> = {
  'application/json': 'json',
  'application/x-protobuf': 'protobuf',
  'application/protobuf': 'protobuf',
}

export function otlpProtocol(): Protocol {
  return {
    methods: ['POST'],
    takesBelow: true,
    answerEarly(request: ProtocolRequest) {
      if (request.pathBelow !== '/v1/logs') {
        throw httpErrors.make('http_path_unknown', `a source of this kind takes /v1/logs, and not ${request.pathBelow}`)
      }
      if (encodingOf(request) !== undefined) return undefined
      const message = 'logs come as application/json or application/x-protobuf'
      throw httpErrors.make('http_content_type_unknown', message)
    },
    take(request: ProtocolRequest, body: Buffer, intake: RecordIntake) {
      const encoding = encodingOf(request) ?? 'json'
      const adding = new Adding(request, body, intake)
      readers[encoding](body, (log, origin) => adding.add(log, origin))
      return (taken) => answerOf(encoding, adding.offeredCount, taken)
    },
    refuse: (error, request) => refusalAnswer(error, encodingOf(request) ?? 'json'),
  }
}

/**
 * A resource is written into each of its logs: a small body could say a large one once and have it written without end.
 * An append takes far less than this; the rest is for records that are too large.
 */
const mostTextBytes = 128 * 1024 * 1024

class Adding {
  offeredCount = 0
  #textBytes = 0
  readonly #record: IncomingRecord
  readonly #receivedMs: number
  readonly #intake: RecordIntake

  constructor(request: ProtocolRequest, body: Buffer, intake: RecordIntake) {
    this.#record = recordOf(request, body)
    this.#receivedMs = request.receivedMs
    this.#intake = intake
  }

  add(log: LogText, origin: string): void {
    const value = Buffer.from(log.json(origin))
    this.#textBytes += value.length
    if (this.#textBytes > mostTextBytes) {
      const message = `the logs of the request are more than ${mostTextBytes} bytes with their resources`
      throw httpErrors.make('request_too_large', message)
    }
    const record = this.#record
    record.value = value
    record.valueEnd = value.length
    record.timestampMs = log.timestampMs() ?? this.#receivedMs
    this.offeredCount++
    try {
      this.#intake.add(record)
    } catch (error) {
      if (!(error instanceof TailraceError) || error.code !== 'record_too_large') throw error
    }
  }
}

function answerOf(encoding: OtlpEncoding, offeredCount: number, { recordCount }: TakenRequest): IngressAnswer {
  const rejectedCount = offeredCount - recordCount
  return exportAnswer(encoding, rejectedCount, `${rejectedCount} records are larger than their topic takes`)
}

function encodingOf(request: ProtocolRequest): OtlpEncoding | undefined {
  const type = (request.header('content-type') ?? '').split(';', 1)[0]!.trim().toLowerCase()
  return Object.hasOwn(encodings, type) ? encodings[type] : undefined
}
