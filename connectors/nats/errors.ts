import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What the NATS source and sink may answer. */
export const natsErrors = defineErrors({
  nats_unavailable: {
    retry: 'timed',
    summary: 'A NATS server cannot be reached, or did not answer in time.',
    hint: 'It is tried again by itself. Check `servers`, and that JetStream is on.',
  },
  nats_refused: {
    retry: 'manual',
    summary: 'A NATS server refuses the user, the password or a right.',
    hint: 'Correct the credentials, or give the user the right; then restart the edge.',
  },
  nats_stream_missing: {
    retry: 'timed',
    summary: 'The stream is not there, or does not take the subject.',
    hint: 'Make the stream, or give it the subjects that the sink publishes to.',
  },
  nats_stream_replaced: {
    retry: 'manual',
    summary: 'The stream is not the one that was read before: it was made anew, or goes back behind what was read.',
    hint: 'When the new stream is meant, read it by a source of another name, as positions of the old one say nothing about it.',
  },
  nats_stream_unfit: {
    retry: 'manual',
    summary: 'The stream cannot be read by position, as it forgets what a consumer took.',
    hint: 'Mirror it into a stream with the retention `limits`, and read that.',
  },
  nats_record_unfit: {
    retry: 'never',
    summary: 'A record cannot be a NATS message: it is too large, or its subject or a header is not allowed.',
    hint: 'Raise max_payload of the server, or correct the template or the record.',
  },
})
