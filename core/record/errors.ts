import { defineErrors } from '../errors/tailrace-error.js'

/** What the walk over record batches may answer. */
export const recordErrors = defineErrors({
  record_malformed: {
    retry: 'never',
    summary: 'A record batch contradicts itself: a length or count in it does not fit.',
    hint: 'Look at the place with `tailrace log dump DIR`; the batch was stored as it came from its producer.',
  },
  decompression_failed: {
    retry: 'never',
    summary: 'The records of a batch cannot be decompressed: they are damaged, or would take more memory than allowed.',
    hint: 'The batch was stored as it came. Correct its producer, or let it send smaller batches.',
  },
  record_too_large: {
    retry: 'never',
    summary: 'One record is larger than a batch may be.',
    hint: 'Make the record smaller, or raise maxBatchBytes of the topic.',
  },
})
