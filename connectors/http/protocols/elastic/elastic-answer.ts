// Answers as Elasticsearch gives them. Its official clients talk only to what says by a header that it is one.

import { retryHeaders, statusOf } from '../../../../core/connector/ingress-answer.js'
import type { IngressAnswer } from '../../../../core/connector/ingress.js'
import { TailraceError } from '../../../../core/errors/tailrace-error.js'
import { httpStatuses } from '../../statuses.js'

const answerHeaders = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' }

/** The types of its errors by status; shippers decide by the status, and show the type. */
const errorTypes: Readonly<Record<number, string>> = {
  400: 'illegal_argument_exception',
  401: 'security_exception',
  404: 'resource_not_found_exception',
  413: 'content_too_long_exception',
  415: 'media_type_header_exception',
  429: 'es_rejected_execution_exception',
}

export interface ElasticError {
  readonly type: string
  readonly reason: string
}

export function elasticAnswer(status: number, content: unknown): IngressAnswer {
  return { status, headers: answerHeaders, body: typeof content === 'string' ? content : JSON.stringify(content) }
}

function elasticErrorAnswer(status: number, error: ElasticError): IngressAnswer {
  return elasticAnswer(status, { error: { root_cause: [error], ...error }, status })
}

/** What is busy is 429 here: some shippers give up on a 503, and all of them come again after a 429. */
export function elasticRefusal(error: unknown): IngressAnswer {
  const known = statusOf(error, httpStatuses)
  const status = known === 503 ? 429 : known
  const isOurs = error instanceof TailraceError && status !== 500
  const reason = isOurs ? error.message : 'the hub failed to answer; its log says why'
  const type = errorTypes[status] ?? (status < 500 ? 'illegal_argument_exception' : 'exception')
  const answer = elasticErrorAnswer(status, { type, reason })
  return { ...answer, headers: { ...answer.headers, ...retryHeaders(error, status) } }
}
