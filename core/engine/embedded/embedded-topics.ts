// The catalogue of topics on disk: TopicAdmin over the log store. Changes are made one after the other, since they make
// and rename directories.

import { invariant } from '../../errors/invariant.js'
import type { TopicRecord } from '../../log/journal-entry.js'
import type { LogStore } from '../../log/log-store.js'
import type { PartitionLog } from '../../log/partition-log.js'
import type { Random } from '../../runtime/random.js'
import { engineErrors } from '../errors.js'
import type { PartitionId } from '../log-engine.js'
import type { NewTopic, TopicAdmin, TopicChange, TopicDescription, TopicSettings } from '../topic-admin.js'
import {
  changedTopic,
  checkPartitionRoom,
  checkTopicName,
  internalTopicError,
  internalTopics,
  isInternalTopic,
  newTopicSettings,
} from '../topic-rules.js'

export interface EmbeddedTopicsOptions {
  readonly store: LogStore
  readonly random: Random
  /** Throws when no call is taken any more. */
  checkOpen(): void
  /** Called when a topic is gone. */
  removed(name: string): Promise<void>
}

export interface KnownPartition {
  readonly topic: TopicDescription
  readonly log: PartitionLog
}

export class EmbeddedTopics implements TopicAdmin {
  readonly #options: EmbeddedTopicsOptions
  readonly #byName = new Map<string, TopicDescription>()
  readonly #partitions = new WeakMap<TopicDescription, readonly KnownPartition[]>()
  #lastChange: Promise<unknown> = Promise.resolve()

  constructor(options: EmbeddedTopicsOptions) {
    this.#options = options
    for (const record of options.store.topics()) this.#byName.set(record.name, describe(record))
  }

  /** Makes the product's own topics in a new data directory. */
  async ensureInternal(): Promise<void> {
    for (const topic of internalTopics) {
      if (!this.#byName.has(topic.name)) await this.#inOrder(() => this.#make(topic))
    }
  }

  create(topic: NewTopic): Promise<TopicDescription> {
    return this.#inOrder(async () => {
      checkTopicName(topic.name)
      if (this.#byName.has(topic.name)) {
        throw engineErrors.make('topic_exists', `there is a topic ${topic.name} already`, {
          details: { topic: topic.name },
        })
      }
      return this.#make(topic)
    })
  }

  list(): readonly TopicDescription[] {
    const visible = [...this.#byName.values()].filter(({ internal }) => !internal)
    return visible.sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  find(name: string): TopicDescription | undefined {
    return this.#byName.get(name)
  }

  alter(name: string, change: TopicChange): Promise<TopicDescription> {
    return this.#inOrder(async () => {
      const topic = this.#ofClients(name)
      const altered = changedTopic(topic, change)
      checkPartitionRoom(this.#byName.values(), name, altered.partitions - topic.partitions)
      await this.#options.store.alterTopic(recordOf(altered))
      this.#byName.set(name, altered)
      return altered
    })
  }

  delete(name: string): Promise<void> {
    return this.#inOrder(async () => {
      const topic = this.#ofClients(name)
      await this.#options.store.deleteTopic(recordOf(topic))
      this.#byName.delete(name)
      // Offsets that were taken while the topic was there are on their way, and go with the others.
      await this.#options.store.barrier()
      await this.#options.removed(name)
    })
  }

  /** unknown_topic, unknown_partition. */
  known(of: PartitionId): KnownPartition {
    const topic = this.#mustFind(of.topic)
    const known = this.#partitionsOf(topic)[of.partition]
    if (known !== undefined && !known.log.isRemoved) return known
    const message = `topic ${of.topic} has ${topic.partitions} partitions, but not number ${of.partition}`
    throw engineErrors.make('unknown_partition', message, { details: { ...of, partitions: topic.partitions } })
  }

  /** Undefined for a partition that is not there, or whose topic is being deleted. */
  lookUp({ topic, partition }: PartitionId): KnownPartition | undefined {
    const description = this.#byName.get(topic)
    const known = description === undefined ? undefined : this.#partitionsOf(description)[partition]
    return known === undefined || known.log.isRemoved ? undefined : known
  }

  /** Kept by description, which changes whenever the partitions or settings do. */
  #partitionsOf(topic: TopicDescription): readonly KnownPartition[] {
    const known = this.#partitions.get(topic)
    if (known !== undefined) return known
    const logs = Array.from({ length: topic.partitions }, (_, partition) => {
      return this.#options.store.partition(topic.id, partition)
    })
    const found = logs.flatMap((log) => (log === undefined ? [] : [{ topic, log }]))
    // While a topic is being deleted the store has none of its partitions any more.
    if (found.length === 0) return found
    invariant(found.length === topic.partitions, `${topic.name} has ${found.length} of ${topic.partitions} partitions`)
    this.#partitions.set(topic, found)
    return found
  }

  async #make(topic: NewTopic): Promise<TopicDescription> {
    const { name, partitions } = topic
    const settings = newTopicSettings(topic)
    checkPartitionRoom(this.#byName.values(), name, partitions)
    const made = { name, id: this.#options.random.uuid(), partitions, settings, internal: isInternalTopic(name) }
    await this.#options.store.createTopic(recordOf(made))
    this.#byName.set(name, made)
    return made
  }

  #ofClients(name: string): TopicDescription {
    if (isInternalTopic(name)) throw internalTopicError(name)
    return this.#mustFind(name)
  }

  #mustFind(name: string): TopicDescription {
    const topic = this.#byName.get(name)
    if (topic === undefined)
      throw engineErrors.make('unknown_topic', `there is no topic ${name}`, { details: { topic: name } })
    return topic
  }

  #inOrder<T>(change: () => Promise<T>): Promise<T> {
    const run = this.#lastChange.then(() => {
      this.#options.checkOpen()
      return change()
    })
    this.#lastChange = run.catch(() => undefined)
    return run
  }
}

function recordOf(topic: TopicDescription): TopicRecord {
  return { id: topic.id, name: topic.name, partitions: topic.partitions, settings: { ...topic.settings } }
}

function describe(record: TopicRecord): TopicDescription {
  return { ...record, settings: settingsOf(record), internal: isInternalTopic(record.name) }
}

/** What was written is what newTopicSettings made; a setting of a later version falls back to its default there. */
export function settingsOf(record: TopicRecord): TopicSettings {
  return newTopicSettings({
    name: record.name,
    partitions: record.partitions,
    settings: record.settings as Partial<TopicSettings>,
  })
}
