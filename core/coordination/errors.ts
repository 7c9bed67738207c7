import { defineErrors } from '../errors/tailrace-error.js'

/** What reading the coordinator's records may answer. */
export const coordinationErrors = defineErrors({
  coordination_record_unknown: {
    retry: 'never',
    summary: 'A record of groups or offsets has a kind, version or state that this release does not know.',
    hint: 'Start the release that wrote the data directory, or a later one.',
  },
})
