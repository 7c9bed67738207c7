import { defineErrors } from '../../core/errors/tailrace-error.js'

/** What the webhook sink may answer. */
export const webhookErrors = defineErrors({
  webhook_refused: {
    retry: 'never',
    summary: 'A receiver did not take a record in all of its attempts.',
    hint: 'Correct the receiver, then put the record back with `tailrace replay`.',
  },
  webhook_unanswered: {
    retry: 'never',
    summary: 'A receiver could not be reached, or did not answer in time, in all attempts for a record.',
    hint: 'See to it that the receiver can be reached, then put the record back with `tailrace replay`.',
  },
  webhook_disabled: {
    retry: 'manual',
    summary: 'A receiver answered 410: it wants no more records.',
    hint: 'Give the sink another `url`; or, if the receiver is back, change `enable`.',
  },
  webhook_record_unfit: {
    retry: 'never',
    summary: 'A record has not what the templates of a webhook sink ask for.',
    hint: 'Correct the template, or the records at their origin.',
  },
  webhook_host_refused: {
    retry: 'never',
    summary: 'A record would be sent to a host that is not among `allowHosts`.',
    hint: 'Add the host to `allowHosts` if it is meant.',
  },
  webhook_queue_shared: {
    retry: 'manual',
    summary: 'The queue of `retryQueue` holds a job that is not of this sink.',
    hint: 'Give each sink a queue of its own, and take the job out if nobody needs it.',
  },
  webhook_parked_full: {
    retry: 'timed',
    summary: 'As many records wait for their next attempt as `parkedBytes` allows; the sink waits.',
    hint: 'Repair the receiver, or raise `parkedBytes`.',
  },
})
