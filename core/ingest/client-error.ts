// What node:http finds wrong with the bytes of a client, and what is answered. The parser is strict: a request with both
// Content-Length and Transfer-Encoding, two lengths, or a chunk that is none, is refused, since a proxy in front may have
// cut it elsewhere.

import { ingressErrors } from '../connector/errors.js'
import type { IngressAnswer } from '../connector/ingress.js'
import type { TailraceError } from '../errors/tailrace-error.js'

/** The error of ours; undefined when the client has gone and nothing can be answered. */
export function errorOfClient(error: Error): TailraceError | undefined {
  const { code } = error as NodeJS.ErrnoException
  if (code === 'HPE_HEADER_OVERFLOW') {
    return ingressErrors.make('ingest_headers_too_large', 'the head of the request is larger than 16 KiB')
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    return ingressErrors.make('body_timeout', 'the request did not arrive in time')
  }
  if (code?.startsWith('HPE_') === true) {
    return ingressErrors.make('ingest_request_malformed', 'what was sent is no HTTP/1.1 request')
  }
  return undefined
}

/** An answer as bytes, for a connection on which no request is under way. */
export function answerBytes({ status, headers, body }: IngressAnswer, reason: string): string {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString()
  const lines = Object.entries({ ...headers, 'content-length': Buffer.byteLength(text), connection: 'close' })
  return [`HTTP/1.1 ${status} ${reason}`, ...lines.map(([name, value]) => `${name}: ${value}`), '', text].join('\r\n')
}
