import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What the BullMQ source and sink may answer besides what the server of the queue says. */
export const bullmqErrors = defineErrors({
  bullmq_record_unfit: {
    retry: 'never',
    summary: 'A record cannot be a job: its value is no JSON, or its priority is no number from 0 to 2097152.',
    hint: 'Set `value` to text, or correct the records at their origin.',
  },
  bullmq_queue_replaced: {
    retry: 'manual',
    summary:
      'The events of a queue are not the ones that were read before: another queue, or another or restored Postgres.',
    hint: 'When the new queue is meant, read it by a source of another name, as positions of the old one say nothing about it.',
  },
})
