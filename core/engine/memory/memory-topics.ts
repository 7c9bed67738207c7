// The catalogue of topics in memory.

import type { TailraceError } from '../../errors/tailrace-error.js'
import type { Random } from '../../runtime/random.js'
import { engineErrors } from '../errors.js'
import type { PartitionId } from '../log-engine.js'
import type { NewTopic, TopicAdmin, TopicChange, TopicDescription } from '../topic-admin.js'
import {
  changedTopic,
  checkPartitionRoom,
  checkTopicName,
  internalTopicError,
  internalTopics,
  isInternalTopic,
  newTopicSettings,
} from '../topic-rules.js'
import { ProducerRoom } from '../../record/producer-table.js'
import { MemoryPartition } from './memory-partition.js'

/** Closed segments alone are compacted: in memory they are kept small, so that little garbage stays. */
const internalSegmentBytes = 1024 * 1024

export interface MemoryTopic {
  description: TopicDescription
  readonly partitions: MemoryPartition[]
}

export interface MemoryTopicsOptions {
  readonly random: Random
  /** Throws when no call is taken any more. */
  readonly checkOpen: () => void
  /** Called when a topic is gone from the catalogue. */
  readonly removed: (name: string) => void
}

export class MemoryTopics implements TopicAdmin {
  private readonly random: Random
  private readonly checkOpen: () => void
  private readonly removed: (name: string) => void
  private readonly topics = new Map<string, MemoryTopic>()
  private readonly producerRoom = new ProducerRoom()

  constructor({ random, checkOpen, removed }: MemoryTopicsOptions) {
    this.random = random
    this.checkOpen = checkOpen
    this.removed = removed
    for (const topic of internalTopics) {
      this.add({ ...topic, settings: { ...topic.settings, segmentBytes: internalSegmentBytes } })
    }
  }

  async create(topic: NewTopic): Promise<TopicDescription> {
    this.checkOpen()
    checkTopicName(topic.name)
    if (this.topics.has(topic.name)) {
      throw engineErrors.make('topic_exists', `there is a topic ${topic.name} already`, {
        details: { topic: topic.name },
      })
    }
    return this.add(topic)
  }

  list(): readonly TopicDescription[] {
    return [...this.topics.values()]
      .map(({ description }) => description)
      .filter(({ internal }) => !internal)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): TopicDescription | undefined {
    return this.topics.get(name)?.description
  }

  async alter(name: string, change: TopicChange): Promise<TopicDescription> {
    this.checkOpen()
    const topic = this.ofClients(name)
    const altered = changedTopic(topic.description, change)
    checkPartitionRoom(this.descriptions(), name, altered.partitions - topic.partitions.length)
    topic.description = altered
    while (topic.partitions.length < topic.description.partitions)
      topic.partitions.push(new MemoryPartition(this.producerRoom))
    return topic.description
  }

  async delete(name: string): Promise<void> {
    this.checkOpen()
    const { partitions } = this.ofClients(name)
    this.topics.delete(name)
    this.removed(name)
    for (const partition of partitions) {
      partition.producers.clear()
      partition.appended.wake()
    }
  }

  partition({ topic, partition }: PartitionId): MemoryPartition | undefined {
    return this.topics.get(topic)?.partitions[partition]
  }

  /** Errors: unknown_topic, unknown_partition. */
  knownPartition(of: PartitionId): { readonly topic: MemoryTopic; readonly partition: MemoryPartition } {
    const topic = this.known(of.topic)
    const partition = topic.partitions[of.partition]
    if (partition !== undefined) return { topic, partition }
    throw unknownPartition(of, topic.partitions.length)
  }

  all(): Iterable<MemoryTopic> {
    return this.topics.values()
  }

  private *descriptions(): Generator<TopicDescription, void> {
    for (const { description } of this.topics.values()) yield description
  }

  private add(topic: NewTopic): TopicDescription {
    const settings = newTopicSettings(topic)
    const { name, partitions } = topic
    checkPartitionRoom(this.descriptions(), name, partitions)
    const description = { name, id: this.random.uuid(), partitions, settings, internal: isInternalTopic(name) }
    const made = Array.from({ length: partitions }, () => new MemoryPartition(this.producerRoom))
    this.topics.set(name, { description, partitions: made })
    return description
  }

  private ofClients(name: string): MemoryTopic {
    if (isInternalTopic(name)) throw internalTopicError(name)
    return this.known(name)
  }

  private known(name: string): MemoryTopic {
    const topic = this.topics.get(name)
    if (topic === undefined) {
      throw engineErrors.make('unknown_topic', `there is no topic ${name}`, { details: { topic: name } })
    }
    return topic
  }
}

export function unknownPartition({ topic, partition }: PartitionId, partitions: number): TailraceError {
  return engineErrors.make(
    'unknown_partition',
    `topic ${topic} has ${partitions} partitions, but not number ${partition}`,
    {
      details: { topic, partition, partitions },
    },
  )
}
