import { defineErrors } from '../errors/tailrace-error.js'

/** Why the listener does not start. What a request is refused with stands in core/connector/errors.ts. */
export const ingestErrors = defineErrors({
  ingest_address_taken: {
    retry: 'manual',
    summary: 'The listener for HTTP sources cannot listen on its address.',
    hint: 'Choose another with --ingest HOST:PORT, or stop the process that holds the port.',
  },
  ingest_needs_authentication: {
    retry: 'never',
    summary: 'Other machines could write without showing who they are.',
    hint: 'Give every source of type http "auth" or "verify", or listen on 127.0.0.1.',
  },
  ingest_needs_tls: {
    retry: 'never',
    summary: 'A source takes clients by their certificates, and the listener has no authority for them.',
    hint: 'Give --ingest-tls-cert, --ingest-tls-key and --ingest-tls-client-ca.',
  },
})
