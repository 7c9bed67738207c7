import { defineErrors } from '../errors/tailrace-error.js'

/** What reading the coordinator's records may answer. */
export const transactionErrors = defineErrors({
  transaction_record_unknown: {
    retry: 'never',
    summary: 'A record of transactions has a kind, version or state that this release does not know.',
    hint: 'Start the release that wrote the data directory, or a later one.',
  },
})
