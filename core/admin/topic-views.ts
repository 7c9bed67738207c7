// Topics and their partitions, as an operator sees them.

import { engineErrors } from '../engine/errors.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { TopicDescription } from '../engine/topic-admin.js'
import type { PartitionView, TopicDetails, TopicListing } from './admin-service.js'

/** All topics but the internal ones, sorted by name. */
export async function listTopics(engine: LogEngine): Promise<readonly TopicListing[]> {
  return Promise.all(engine.topics.list().map(async (topic) => listing(topic, await partitionsOf(engine, topic))))
}

/** Internal topics too; unknown_topic. */
export async function topicDetails(engine: LogEngine, name: string): Promise<TopicDetails> {
  const topic = findTopic(engine, name)
  const partitionViews = await partitionsOf(engine, topic)
  return { ...listing(topic, partitionViews), partitionViews }
}

/** unknown_topic when there is none. */
export function findTopic(engine: LogEngine, name: string): TopicDescription {
  const topic = engine.topics.find(name)
  if (topic === undefined)
    throw engineErrors.make('unknown_topic', `there is no topic "${name}"`, { details: { topic: name } })
  return topic
}

function listing(topic: TopicDescription, partitions: readonly PartitionView[]): TopicListing {
  let recordCount = 0
  let bytes = 0
  for (const partition of partitions) {
    recordCount += partition.highWatermark - partition.logStartOffset
    bytes += partition.bytes
  }
  return { ...topic, recordCount, bytes }
}

function partitionsOf(engine: LogEngine, { name, partitions }: TopicDescription): Promise<readonly PartitionView[]> {
  const views = Array.from({ length: partitions }, async (_, partition) => {
    const { logStartOffset, highWatermark, bytes } = await engine.bounds({ topic: name, partition })
    return { partition, logStartOffset, highWatermark, bytes }
  })
  return Promise.all(views)
}
