import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What the BullMQ sink may answer. */
export const bullmqErrors = defineErrors({
  bullmq_unavailable: {
    retry: 'timed',
    summary: 'The Redis or Postgres of a queue cannot be reached, or did not take the jobs.',
    hint: 'It is tried again by itself. Check the server, and its log.',
  },
  bullmq_refused: {
    retry: 'manual',
    summary: 'The Redis or Postgres of a queue refuses the user, the password or a right.',
    hint: 'Correct the URL, or give the user the right; then restart the edge.',
  },
  bullmq_record_unfit: {
    retry: 'never',
    summary: 'A record cannot be a job: its value is no JSON, or its priority is no number from 0 to 2097152.',
    hint: 'Set `value` to text, or correct the records at their origin.',
  },
})
