import { defineErrors } from '../../../core/errors/tailrace-error.js'

/** What the server of a BullMQ queue may answer, whoever asks it. */
export const bullmqLinkErrors = defineErrors({
  bullmq_unavailable: {
    retry: 'timed',
    summary: 'The Redis or Postgres of a queue cannot be reached, or did not do what it was asked for.',
    hint: 'It is tried again by itself. Check the server, and its log.',
  },
  bullmq_refused: {
    retry: 'manual',
    summary: 'The Redis or Postgres of a queue refuses the user, the password or a right.',
    hint: 'Correct the URL, or give the user the right; then restart the edge.',
  },
})
