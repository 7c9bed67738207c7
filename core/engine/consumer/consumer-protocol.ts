// What Kafka's consumers tell each other through the coordinator (protocol type `consumer`); big endian.
//
//   subscription  version int16   topics [string16]   user data bytes32   from v1 on: owned [partitions]
//   assignment    version int16   [partitions]        user data bytes32
//   partitions    topic string16  [int32];            a list stands behind its int32 count
//
// Written as version 1. Later versions add fields behind these, so that theirs are read too; there are members that say
// version 1 and end before what they own (@platformatic/kafka). Kafka: clients/…/ConsumerProtocolSubscription.json,
// ConsumerProtocolAssignment.json.

import { ByteReader } from '../../bytes/byte-reader.js'
import { ByteWriter } from '../../bytes/byte-writer.js'
import type { PartitionId } from '../log-engine.js'

export const consumerProtocolType = 'consumer'

const writtenVersion = 1

export interface Subscription {
  readonly topics: readonly string[]
  readonly owned: readonly PartitionId[]
}

export function encodeSubscription({ topics, owned }: Subscription): Buffer {
  const writer = new ByteWriter().int16(writtenVersion).int32(topics.length)
  for (const topic of topics) writer.string16(topic)
  writer.bytes32(null)
  writePartitions(writer, owned)
  return writer.finish()
}

/** Errors: bytes_truncated. */
export function decodeSubscription(bytes: Uint8Array): Subscription {
  const reader = new ByteReader(bytes)
  const version = reader.int16()
  const topics: string[] = []
  for (let left = reader.count32(2); left > 0; left--) topics.push(reader.string16())
  reader.nullableBytes32()
  return { topics, owned: version >= 1 && reader.remainingBytes > 0 ? readPartitions(reader) : [] }
}

export function encodeAssignment(partitions: readonly PartitionId[]): Buffer {
  const writer = new ByteWriter().int16(writtenVersion)
  writePartitions(writer, partitions)
  return writer.bytes32(null).finish()
}

/** No bytes at all assign nothing: so it is for a member that the leader forgot. Errors: bytes_truncated. */
export function decodeAssignment(bytes: Uint8Array): PartitionId[] {
  if (bytes.length === 0) return []
  const reader = new ByteReader(bytes)
  reader.int16()
  return readPartitions(reader)
}

function writePartitions(writer: ByteWriter, partitions: readonly PartitionId[]): void {
  const byTopic = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const numbers = byTopic.get(topic)
    if (numbers === undefined) byTopic.set(topic, [partition])
    else numbers.push(partition)
  }
  writer.int32(byTopic.size)
  for (const [topic, numbers] of byTopic) {
    writer.string16(topic).int32(numbers.length)
    for (const number of numbers) writer.int32(number)
  }
}

function readPartitions(reader: ByteReader): PartitionId[] {
  const partitions: PartitionId[] = []
  for (let topics = reader.count32(6); topics > 0; topics--) {
    const topic = reader.string16()
    for (let left = reader.count32(4); left > 0; left--) partitions.push({ topic, partition: reader.int32() })
  }
  return partitions
}
