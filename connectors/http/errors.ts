import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What a request to an http source may be refused with; statuses.ts has their statuses. */
export const httpErrors = defineErrors({
  http_body_invalid: {
    retry: 'never',
    summary: 'The body is not what its type says.',
    hint: 'Correct the body: `line` says where. Nothing of it was taken.',
  },
  http_path_unknown: {
    retry: 'never',
    summary: 'The protocol of the source has no such request.',
    hint: 'Let the sender use the paths that docs/http.md names, below the path of the source.',
  },
  http_content_type_unknown: {
    retry: 'never',
    summary: 'The source has no reading for a body of this type.',
    hint: 'Send another Content-Type, or say with "format" in the pipeline file how bodies are read.',
  },
  http_dead_letters_missing: {
    retry: 'never',
    summary: 'Bad lines are to go to the dead letters, and the source has no topic for those.',
    hint: 'Name a topic under onError.deadLetter of the source or of defaults, or leave "badLines" out.',
  },
  http_credential_refused: {
    retry: 'never',
    summary: 'The request does not show a credential that the source takes.',
    hint: 'Check the credential against "auth" of the source in the pipeline file.',
  },
  http_signature_missing: {
    retry: 'never',
    summary: 'The request lacks a header that its signature needs.',
    hint: 'Let the sender sign its requests as "verify" of the source says.',
  },
  http_signature_malformed: {
    retry: 'never',
    summary: 'A header that the signature needs is not what it should be, or comes twice.',
    hint: 'Compare what the sender sends with the scheme of "verify".',
  },
  http_signature_wrong: {
    retry: 'never',
    summary: 'No secret of the source gives the signature that the request shows.',
    hint: 'Compare the secret of the sender with "verify.secrets"; nothing between the two may change the body.',
  },
  http_signature_stale: {
    retry: 'never',
    summary: 'The request was signed too long ago, or in the future.',
    hint: 'Compare the clocks of the sender and of this machine; "verify.tolerance" is how far they may be apart.',
  },
  http_rate_exceeded: {
    retry: 'timed',
    summary: 'More requests came than the source takes in the time.',
    hint: 'Send again after the time that Retry-After says, or raise "rateLimit" of the source.',
  },
  http_key_invalid: {
    retry: 'never',
    summary: 'The idempotency key of a request is no key.',
    hint: 'Send 1 to 256 printable characters, once.',
  },
  idempotency_key_reused: {
    retry: 'never',
    summary: 'The idempotency key came before with another body.',
    hint: 'Make a new key for each new body.',
  },
  idempotency_window_full: {
    retry: 'timed',
    summary: 'The source remembers as many idempotency keys as it may, and none of them is old enough to forget.',
    hint: 'Send again later, or raise idempotency.maxKeys, or lower idempotency.window.',
  },
  request_too_large: {
    retry: 'never',
    summary: 'The records of one request are more than one append takes (8 MiB).',
    hint: 'Send them in several requests.',
  },
})
