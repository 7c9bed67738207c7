// Record batches as an Apache Kafka broker sent them to a consumer, captured by the kafkajs project (MIT) in its
// fixtures of Fetch v4: from Kafka's own Scala producer, and from kafkajs with headers.

/** Key "KEY-1", value "VALUE-Lorem ipsum dolor sit amet-1", one record at offset 0, leader epoch 0. */
export const scalaProducerBatch = Buffer.from(
  '00000000000000000000005f0000000002' +
    '22ee4df3000000000000000001' +
    '6679fa3120000001' +
    '6679fa3120ffffffffffffffffffffffffffff000000015a0000000a4b45592d314456414c55452d4c6f72656d20697073756d20646f6c6f7220' +
    '73697420616d65742d3100',
  'hex',
)

export const scalaProducerTimestampMs = 0x016679fa3120

/** Three records "key-N", "some-value-N" with the header "header-key-N": "header-value-N", offsets 0 to 2. */
export const headersBatch = Buffer.from(
  '0000000000000000000000cd0000000002d654556800000000000200000' +
    '15f88c172a90000015f88c172a9ffffffffffffffff0000000000000000000366' +
    '0000000a6b65792d3018736f6d652d76616c75652d3002186865616465722d6b65792d301c6865616465722d76616c75652d3066' +
    '0000020a6b65792d3118736f6d652d76616c75652d3102186865616465722d6b65792d311c6865616465722d76616c75652d3166' +
    '0000040a6b65792d3218736f6d652d76616c75652d3202186865616465722d6b65792d321c6865616465722d76616c75652d32',
  'hex',
)

export const headersBatchTimestampMs = 0x015f88c172a9
