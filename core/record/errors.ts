import { defineErrors } from '../errors/tailrace-error.js'

/** What the walk over record batches may answer. */
export const recordErrors = defineErrors({
  record_malformed: {
    retry: 'never',
    summary: 'A record batch contradicts itself: a length or count in it does not fit.',
    hint: 'Look at the place with `tailrace log dump DIR`; the batch was stored as it came from its producer.',
  },
  record_too_large: {
    retry: 'never',
    summary: 'One record is larger than a batch may be.',
    hint: 'Make the record smaller, or raise maxBatchBytes of the topic.',
  },
})
