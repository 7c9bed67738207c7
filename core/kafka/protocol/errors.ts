import { defineErrors } from '../../errors/tailrace-error.js'

/** What taking a stream of bytes apart may answer. */
export const protocolErrors = defineErrors({
  invalid_frame: {
    retry: 'never',
    summary: 'The bytes of a connection do not begin with the length of a request that may be sent.',
    hint: 'The peer does not speak Kafka’s protocol on this port, or its request is above the limit.',
  },
})
