// Answers of OTLP/HTTP, in the encoding of the request: ExportLogsServiceResponse for what was taken, google.rpc.Status for
// what was not.

import { retryHeaders, statusOf } from '../../../../core/connector/ingress-answer.js'
import type { IngressAnswer } from '../../../../core/connector/ingress.js'
import { tagOf, wireBytes, wireVarint } from '../../../../core/format/protobuf-cursor.js'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { httpStatuses } from '../../statuses.js'

export type OtlpEncoding = 'json' | 'protobuf'

const contentTypes: Readonly<Record<OtlpEncoding, string>> = {
  json: 'application/json',
  protobuf: 'application/x-protobuf',
}

/** google.rpc.Code by status; UNKNOWN for others. */
const rpcCodes: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  408: 4,
  413: 8,
  415: 3,
  422: 3,
  429: 8,
  500: 13,
  503: 14,
}
const unknownCode = 2

/** Records that were not taken are told in `partial_success`, and not sent again. */
export function exportAnswer(encoding: OtlpEncoding, rejectedRecords: number, reason: string): IngressAnswer {
  const headers = { 'content-type': contentTypes[encoding] }
  if (encoding === 'json') {
    const partialSuccess = { rejectedLogRecords: String(rejectedRecords), errorMessage: reason }
    return { status: 200, headers, body: JSON.stringify(rejectedRecords === 0 ? {} : { partialSuccess }) }
  }
  if (rejectedRecords === 0) return { status: 200, headers, body: '' }
  const partialSuccess = Buffer.concat([integerField(1, rejectedRecords), bytesField(2, Buffer.from(reason))])
  return { status: 200, headers, body: bytesField(1, partialSuccess) }
}

export function refusalAnswer(error: unknown, encoding: OtlpEncoding): IngressAnswer {
  const status = statusOf(error, httpStatuses)
  const isOurs = error instanceof TailraceError && status !== 500
  const message = isOurs ? `${error.code}: ${error.message}` : 'the hub failed to answer; its log says why'
  const code = rpcCodes[status] ?? unknownCode
  const headers = { 'content-type': contentTypes[encoding], ...retryHeaders(error, status) }
  if (encoding === 'json') return { status, headers, body: JSON.stringify({ code, message }) }
  return { status, headers, body: Buffer.concat([integerField(1, code), bytesField(2, Buffer.from(message))]) }
}

function integerField(field: number, value: number): Buffer {
  return Buffer.from([tagOf(field, wireVarint), ...varint(value)])
}

function bytesField(field: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tagOf(field, wireBytes), ...varint(content.length)]), content])
}

/** Of a count: below 2^31. */
function varint(value: number): readonly number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80)
  bytes.push(rest)
  return bytes
}
