// Topics: their settings, and the calls that make, describe, change and delete them.

export type CleanupPolicy = 'delete' | 'compact' | 'compact,delete'

/** -1 means without limit, where a row says so. */
export interface TopicSettings {
  readonly cleanup: CleanupPolicy
  /** -1 keeps for ever. */
  readonly retentionMs: number
  /** Per partition; -1 keeps all. */
  readonly retentionBytes: number
  readonly segmentBytes: number
  readonly segmentMs: number
  /** `fsync`: acknowledged means fsynced. `written`: acknowledged means handed to the kernel. */
  readonly durability: 'fsync' | 'written'
  /** How long a `written` append may wait for its sync. */
  readonly flushMs: number
  /** `create`: records keep the time that their producer gave them. `append`: they get the time of their append. */
  readonly timestampType: 'create' | 'append'
  /** Largest batch, with its header. */
  readonly maxBatchBytes: number
  /** How long a tombstone stays readable in a compacted topic. */
  readonly deleteRetentionMs: number
  /** Compaction starts when this part of the log is not compacted yet, 0 to 1. */
  readonly minDirtyRatio: number
}

export const defaultTopicSettings: TopicSettings = {
  cleanup: 'delete',
  retentionMs: 7 * 24 * 3600_000,
  retentionBytes: -1,
  segmentBytes: 1024 * 1024 * 1024,
  segmentMs: 7 * 24 * 3600_000,
  durability: 'fsync',
  flushMs: 200,
  timestampType: 'create',
  // A value of 1 MiB, the longest line of a file source by default, has to fit with its key and headers.
  maxBatchBytes: (1024 + 64) * 1024,
  deleteRetentionMs: 24 * 3600_000,
  minDirtyRatio: 0.5,
}

export interface NewTopic {
  readonly name: string
  readonly partitions: number
  readonly settings?: Partial<TopicSettings>
}

export interface TopicDescription {
  readonly name: string
  /** A UUID made with the topic: a topic made anew under the same name has another. */
  readonly id: string
  readonly partitions: number
  readonly settings: TopicSettings
  /** Belongs to the product itself; hidden from and closed to clients. */
  readonly internal: boolean
}

export interface TopicChange {
  /** More than before; partitions are never taken away. */
  readonly partitions?: number
  readonly settings?: Partial<TopicSettings>
}

export interface TopicAdmin {
  /** topic_exists, invalid_topic_name (Kafka's rules), invalid_topic_setting. Durable when it resolves. */
  create(topic: NewTopic): Promise<TopicDescription>
  /** All topics but the internal ones, sorted by name. Synchronous: the catalogue is in memory. */
  list(): readonly TopicDescription[]
  /** Internal ones too; undefined when there is none. */
  find(name: string): TopicDescription | undefined
  /** unknown_topic. */
  alter(name: string, change: TopicChange): Promise<TopicDescription>
  /** Its records are gone when it resolves; unknown_topic. */
  delete(name: string): Promise<void>
}

export const internalTopicPrefix = '__tailrace_'
