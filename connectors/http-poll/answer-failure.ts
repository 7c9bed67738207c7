// What an answer without records means.

import { retryAfterOf } from '../../core/format/retry-after.js'
import type { TailraceError } from '../../core/errors/tailrace-error.js'
import { httpPollErrors } from './errors.js'
import type { Answer } from './poll-client.js'

/** They pass by themselves, as a rule. */
const passing = new Set([202, 408, 409, 423, 425, 429])
/** What servers answer to a page that they no longer know. */
const expired = new Set([400, 404, 410, 422])

export interface AnswerFailure {
  readonly error: TailraceError
  /** What the server asks for; undefined when it does not. */
  readonly retryAfterMs: number | undefined
}

/** `isNamedPage`: the server itself had named the page that was asked for. */
export function answerFailure({ status, headers }: Answer, nowMs: number, isNamedPage: boolean): AnswerFailure {
  const retryAfterMs = retryAfterOf(headers.get('retry-after'), nowMs)
  const details = { status }
  if (passing.has(status) || status >= 500 || retryAfterMs !== undefined) {
    const asked = retryAfterMs === undefined ? '' : `, and asks to wait ${Math.ceil(retryAfterMs / 1000)} s`
    const error = httpPollErrors.make('http_poll_unavailable', `the server answered ${status}${asked}`, { details })
    return { error, retryAfterMs }
  }
  return { error: lastingError(status, headers, isNamedPage), retryAfterMs }
}

function lastingError(status: number, headers: ReadonlyMap<string, string>, isNamedPage: boolean): TailraceError {
  const details = { status }
  if (status >= 300 && status < 400 && status !== 304) {
    const to = originOf(headers.get('location') ?? '')
    return httpPollErrors.make('http_poll_redirected', `the server answered ${status}${to}`, { details })
  }
  if (isNamedPage && expired.has(status)) {
    const message = `the server answered ${status} to a page that it had named`
    return httpPollErrors.make('http_poll_page_expired', message, { details })
  }
  return httpPollErrors.make('http_poll_refused', `the server answered ${status}`, { details })
}

/** Of a redirect, without its path, which may hold a secret. */
function originOf(location: string): string {
  return URL.canParse(location) ? `, with ${new URL(location).origin} as the place to go` : ''
}
