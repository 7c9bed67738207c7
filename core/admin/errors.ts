import { defineErrors } from '../errors/tailrace-error.js'

export const adminErrors = defineErrors({
  invalid_request: {
    retry: 'never',
    summary: 'A request to the admin API has the wrong shape.',
    hint: 'The API describes itself at /api/openapi.json.',
  },
  unknown_route: {
    retry: 'never',
    summary: 'The admin API has no such path.',
    hint: 'The API describes itself at /api/openapi.json.',
  },
  invalid_position: {
    retry: 'never',
    summary: 'The text names no place in a log.',
    hint: 'Use "earliest", "latest", an offset such as 1234, or "time:" and milliseconds since 1970.',
  },
  nothing_to_reset: {
    retry: 'never',
    summary: 'The group has no offsets that could be reset.',
    hint: 'Name the topics whose offsets the group shall have.',
  },
  address_taken: {
    retry: 'manual',
    summary: 'The address to listen on cannot be used.',
    hint: 'Choose another with --http HOST:PORT (port 0 picks a free one), or --http off.',
  },
})
