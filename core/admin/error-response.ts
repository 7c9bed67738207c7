// How errors leave through HTTP: a status by code, a body `{"error": {code, message, hint, details}}`. What is not an
// error of the product says nothing of its inside to the caller; the log has it.

import { TailraceError } from '../errors/tailrace-error.js'
import type { ErrorView } from './admin-service.js'
import { adminErrors } from './errors.js'

const statusOfCode: Readonly<Record<string, number>> = {
  token_needed: 401,
  host_refused: 403,
  origin_refused: 403,
  internal_topic: 403,
  unknown_route: 404,
  unknown_topic: 404,
  unknown_partition: 404,
  unknown_group: 404,
  unknown_user: 404,
  topic_exists: 409,
  group_not_empty: 409,
  nothing_to_reset: 409,
  invalid_request: 400,
  invalid_user: 400,
  invalid_position: 400,
  invalid_topic_name: 400,
  invalid_topic_setting: 400,
}

/** All that a caller learns of a failure inside. */
export const failureInside: ErrorView = {
  code: 'internal',
  message: 'the hub failed to answer',
  hint: 'Look at its log.',
  details: {},
}

/** An error as it is sent and printed. */
export function errorView({ code, message, hint, details }: TailraceError): ErrorView {
  return { code, message, hint, details }
}

export function statusOf(error: TailraceError): number {
  return statusOfCode[error.code] ?? (error.retry === 'timed' ? 503 : 500)
}

/** What the web server itself found wrong with a request, as an error of ours; undefined when it is a failure inside. */
export function requestError(error: unknown): TailraceError | undefined {
  if (error instanceof TailraceError) return error
  const { statusCode, message } = error as { readonly statusCode?: number; readonly message?: string }
  const isCallers = statusCode !== undefined && statusCode >= 400 && statusCode < 500
  return isCallers ? adminErrors.make('invalid_request', message ?? 'the request is malformed') : undefined
}
