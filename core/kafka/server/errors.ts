import { defineErrors } from '../../errors/tailrace-error.js'

export const kafkaServerErrors = defineErrors({
  kafka_address_taken: {
    retry: 'manual',
    summary: 'The address for Kafka clients cannot be used.',
    hint: 'Choose another with --kafka HOST:PORT (port 0 picks a free one), or --kafka off.',
  },
  kafka_needs_authentication: {
    retry: 'manual',
    summary: 'The Kafka port would be open beyond this machine to anybody.',
    hint: 'Add --kafka-sasl, so that clients log in, or listen on a loopback address, such as --kafka 127.0.0.1:9092.',
  },
  kafka_peer_refused: {
    retry: 'never',
    summary: 'A client of the Kafka port sent what cannot be answered; its connection was closed.',
    hint: 'Check that the client speaks the Kafka protocol, in a version that docs/kafka.md lists.',
  },
})
