import { defineErrors } from '../errors/tailrace-error.js'

/** What a request may be refused with, by the listener or by the body that a handler asks for. */
export const ingressErrors = defineErrors({
  ingest_off: {
    retry: 'never',
    summary: 'A source takes HTTP requests, and the hub has no listener for them.',
    hint: 'Start the hub with --ingest HOST:PORT.',
  },
  ingest_path_taken: {
    retry: 'never',
    summary: 'Two sources want the same path of the listener.',
    hint: 'Give each source a path of its own.',
  },
  ingest_stopping: {
    retry: 'timed',
    summary: 'The hub is stopping and takes no new requests.',
    hint: 'Send again after a moment.',
  },
  ingest_not_ready: {
    retry: 'timed',
    summary: 'The source behind the path does not run at the moment.',
    hint: 'Send again after a moment; `tailrace doctor` says why.',
  },
  ingest_path_unknown: {
    retry: 'never',
    summary: 'No source has this path.',
    hint: 'Check the path against the pipeline file.',
  },
  ingest_method_refused: {
    retry: 'never',
    summary: 'The path does not take this method.',
    hint: 'The header Allow names those that it takes.',
  },
  ingest_request_malformed: {
    retry: 'never',
    summary: 'What was sent is no HTTP request, or two readers could take it for different ones.',
    hint: 'Check the client, and what stands between it and the hub.',
  },
  ingest_headers_too_large: {
    retry: 'never',
    summary: 'The headers of a request are larger than 16 KiB.',
    hint: 'Send fewer or shorter headers.',
  },
  ingest_expectation_unknown: {
    retry: 'never',
    summary: 'The request expects something other than 100-continue.',
    hint: 'Leave the header Expect out.',
  },
  ingest_memory_full: {
    retry: 'timed',
    summary: 'As many bytes of bodies are in memory as may be.',
    hint: 'Send again after a moment, or smaller bodies.',
  },
  body_too_large: {
    retry: 'never',
    summary: 'The body is larger than the source takes, packed or unpacked.',
    hint: 'Send it in parts, or raise maxBody of the source.',
  },
  body_length_missing: {
    retry: 'never',
    summary: 'The request has neither Content-Length nor chunks.',
    hint: 'Send one of the two.',
  },
  body_timeout: {
    retry: 'never',
    summary: 'The request did not arrive in the time it has.',
    hint: 'Send faster, or smaller bodies.',
  },
  body_cut_off: {
    retry: 'never',
    summary: 'The connection ended before the body did.',
    hint: 'Nothing of it was taken: send it again.',
  },
  body_damaged: {
    retry: 'never',
    summary: 'The body does not unpack, or more comes out than may.',
    hint: 'Check how it was packed.',
  },
  body_encoding_unknown: {
    retry: 'never',
    summary: 'The body is packed in a way that is not known.',
    hint: 'Use gzip, deflate, zstd or none, and one of them only.',
  },
})
