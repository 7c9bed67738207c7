// The status of each error that this connector knows by code; core/connector/ingress-answer.ts has those of the listener.

import type { StatusTable } from '../../core/connector/ingress-answer.js'

export const httpStatuses: StatusTable = {
  http_body_invalid: 400,
  protobuf_malformed: 400,
  http_key_invalid: 400,
  http_signature_malformed: 400,
  http_credential_refused: 401,
  http_signature_missing: 401,
  http_signature_wrong: 401,
  http_signature_stale: 401,
  http_content_type_unknown: 415,
  http_path_unknown: 404,
  request_too_large: 413,
  idempotency_key_reused: 422,
  http_rate_exceeded: 429,
  idempotency_window_full: 503,
}
