// Errors as answers: a status by code and the body `{"error":{"code","message","line"?}}`. Shared by the listener and by
// the handlers behind it. What is no error of the product says nothing of its inside to the caller.

import { TailraceError } from '../errors/tailrace-error.js'
import type { IngressAnswer } from './ingress.js'

/** Statuses by error code. A code without one is 503 when trying again can help by itself, else 500. */
export type StatusTable = Readonly<Record<string, number>>

const ingressStatuses: StatusTable = {
  ingest_request_malformed: 400,
  body_cut_off: 400,
  body_damaged: 400,
  host_refused: 403,
  origin_refused: 403,
  ingest_path_unknown: 404,
  ingest_method_refused: 405,
  body_timeout: 408,
  body_length_missing: 411,
  body_too_large: 413,
  record_too_large: 413,
  body_encoding_unknown: 415,
  ingest_expectation_unknown: 417,
  ingest_headers_too_large: 431,
}

/** Seconds after which a caller may come again when nobody knows better. */
const retryAfterSeconds = 1

/** The status of an error: as the handler's own table says, else as the listener's does. */
export function statusOf(error: unknown, statuses: StatusTable = {}): number {
  if (!(error instanceof TailraceError)) return 500
  return statuses[error.code] ?? ingressStatuses[error.code] ?? (error.retry === 'timed' ? 503 : 500)
}

/** Of 429 and 503: `details.retryAfterMs` when the error has it. Rounded up to whole seconds. */
export function retryHeaders(error: unknown, status: number): Readonly<Record<string, string>> {
  if (status !== 429 && status !== 503) return {}
  const retryAfterMs = error instanceof TailraceError ? error.details['retryAfterMs'] : undefined
  const seconds = typeof retryAfterMs === 'number' ? Math.max(1, Math.ceil(retryAfterMs / 1000)) : retryAfterSeconds
  return { 'retry-after': String(seconds) }
}

/** The error as JSON; `line` of its details goes along, counted from 1. */
export function errorAnswer(error: unknown, statuses: StatusTable = {}): IngressAnswer {
  const status = statusOf(error, statuses)
  const isOurs = error instanceof TailraceError && status !== 500
  const line = isOurs ? error.details['line'] : undefined
  const shown = isOurs
    ? { code: error.code, message: error.message, ...(typeof line === 'number' ? { line } : {}) }
    : { code: 'internal', message: 'the hub failed to answer; its log says why' }
  return {
    status,
    headers: { 'content-type': 'application/json', ...retryHeaders(error, status) },
    body: JSON.stringify({ error: shown }),
  }
}
