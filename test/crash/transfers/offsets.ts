// Offsets as @platformatic/kafka and kafkajs learn them from the hub.

import { Admin, FetchIsolationLevels } from '@platformatic/kafka'
import kafkajs from 'kafkajs'
import { kafkaPartitions } from '../kafka-site.js'

export interface PartitionEnd {
  readonly topic: string
  readonly partition: number
  readonly highWatermark: number
  readonly lastStableOffset: number
}

/** Of all partitions of the topics. */
export async function readEnds(address: string, topics: readonly string[]): Promise<PartitionEnd[]> {
  const admin = new Admin({ clientId: 'ends', bootstrapBrokers: [address] })
  const partitions = Array.from({ length: kafkaPartitions }, (_, partitionIndex) => ({
    partitionIndex,
    timestamp: -1n,
  }))
  const asked = topics.map((name) => ({ name, partitions }))
  try {
    const all = await admin.listOffsets({ topics: asked, isolationLevel: FetchIsolationLevels.READ_UNCOMMITTED })
    const stable = await admin.listOffsets({ topics: asked, isolationLevel: FetchIsolationLevels.READ_COMMITTED })
    return all.flatMap(({ name, partitions: ofAll }) =>
      ofAll.map(({ partitionIndex, offset }) => {
        const ofTopic = stable.find((topic) => topic.name === name)
        const of = ofTopic?.partitions.find((each) => each.partitionIndex === partitionIndex)
        if (of === undefined) throw new Error(`no last stable offset of ${name} ${partitionIndex}`)
        const ends = { highWatermark: Number(offset), lastStableOffset: Number(of.offset) }
        return { topic: name, partition: partitionIndex, ...ends }
      }),
    )
  } finally {
    await admin.close()
  }
}

/** By partition; 0 where nothing is committed. */
export async function readCommitted(address: string, groupId: string, topic: string): Promise<number[]> {
  const kafka = new kafkajs.Kafka({ clientId: 'committed', brokers: [address], logLevel: kafkajs.logLevel.NOTHING })
  const admin = kafka.admin()
  await admin.connect()
  try {
    const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
    const sorted = [...(committed?.partitions ?? [])].sort((a, b) => a.partition - b.partition)
    return sorted.map(({ offset }) => Math.max(0, Number(offset)))
  } finally {
    await admin.disconnect()
  }
}
