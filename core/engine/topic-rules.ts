// What topics may be called, how they may be set, and which ones are the product's own. Shared by every engine.

import { engineErrors } from './errors.js'
import {
  type CleanupPolicy,
  defaultTopicSettings,
  internalTopicPrefix,
  type NewTopic,
  type TopicChange,
  type TopicDescription,
  type TopicSettings,
} from './topic-admin.js'

/** Most partitions of one topic: each costs open files and a directory, and 500 are what one machine is built for. */
const maxPartitions = 10_000

/** Most partitions of all topics: each holds some 6 KiB of memory, so that nobody can fill it by making topics. */
export const maxPartitionsInAll = 50_000

/** Most bytes of batches in one append: what one journal frame holds. */
export const maxAppendBytes = 8 * 1024 * 1024

/** Group offsets and group states; written by core/coordination. */
export const offsetsTopic = `${internalTopicPrefix}offsets`
/** What connectors remember; written by state-table.ts. */
export const stateTopic = `${internalTopicPrefix}state`

/** Transactional ids and their open transactions; written by core/transactions. */
export const transactionsTopic = `${internalTopicPrefix}transactions`

/**
 * The topics that an engine makes with its data directory. One partition each, so that the order of their records is
 * the order of the decisions. A batch may fill an append, as one change of a group or of a connector is one batch.
 */
export const internalTopics: readonly Required<NewTopic>[] = [offsetsTopic, stateTopic, transactionsTopic].map(
  (name) => ({
    name,
    partitions: 1,
    settings: {
      cleanup: 'compact',
      retentionMs: -1,
      segmentBytes: 32 * 1024 * 1024,
      maxBatchBytes: maxAppendBytes,
    },
  }),
)

export function isInternalTopic(name: string): boolean {
  return name.startsWith(internalTopicPrefix)
}

/** Kafka's rules; invalid_topic_name, or internal_topic for a name that is reserved. */
export function checkTopicName(name: string): void {
  if (name.length < 1 || name.length > 249 || name === '.' || name === '..' || !/^[a-zA-Z0-9._-]+$/.test(name)) {
    const shown = name.length > 260 ? `${name.slice(0, 260)}…` : name
    throw engineErrors.make('invalid_topic_name', `${JSON.stringify(shown)} is no name for a topic`, {
      details: { topic: shown },
    })
  }
  if (isInternalTopic(name)) throw internalTopicError(name)
}

/** internal_topic, for whoever wants to write or change one. */
export function internalTopicError(name: string): Error {
  return engineErrors.make('internal_topic', `${name} is reserved`, { details: { topic: name } })
}

/** The settings of a new topic: the defaults under what the topic asks for. Errors: invalid_topic_setting. */
export function newTopicSettings(topic: NewTopic): TopicSettings {
  checkPartitionCount(topic.name, topic.partitions)
  return mergedSettings(topic.name, defaultTopicSettings, topic.settings)
}

/** What a topic is after the change; its number of partitions never falls. Errors: invalid_topic_setting. */
export function changedTopic(topic: TopicDescription, change: TopicChange): TopicDescription {
  const partitions = change.partitions ?? topic.partitions
  checkPartitionCount(topic.name, partitions)
  if (partitions < topic.partitions) {
    throw invalidSetting(topic.name, 'partitions', partitions, `${topic.partitions} or more, as it has them already`)
  }
  return { ...topic, partitions, settings: mergedSettings(topic.name, topic.settings, change.settings) }
}

/** Is there room for so many more partitions of the topic beside these topics? Errors: invalid_topic_setting. */
export function checkPartitionRoom(there: Iterable<TopicDescription>, topic: string, added: number): void {
  let count = 0
  for (const { partitions } of there) count += partitions
  if (count + added <= maxPartitionsInAll) return
  const range = `within ${maxPartitionsInAll} of all topics, of which ${count} are there`
  throw invalidSetting(topic, 'partitions', added, range)
}

function checkPartitionCount(topic: string, partitions: number): void {
  if (!isWhole(partitions, 1, maxPartitions)) {
    throw invalidSetting(topic, 'partitions', partitions, `a whole number from 1 to ${maxPartitions}`)
  }
}

interface SettingRule {
  readonly takes: (value: unknown) => boolean
  readonly range: string
}

const cleanupPolicies: readonly CleanupPolicy[] = ['delete', 'compact', 'compact,delete']
const milliseconds = 'a whole number of milliseconds from 0 on'

/** Total by type: a new setting without a rule does not compile. */
const settingRules: { readonly [Name in keyof TopicSettings]: SettingRule } = {
  cleanup: { takes: (value) => cleanupPolicies.includes(value as CleanupPolicy), range: cleanupPolicies.join(', ') },
  retentionMs: { takes: (value) => value === -1 || isWhole(value, 0), range: `-1 or ${milliseconds}` },
  retentionBytes: { takes: (value) => value === -1 || isWhole(value, 0), range: '-1 or a whole number of bytes' },
  // Positions inside a segment are 32 bits wide in the offset index.
  segmentBytes: { takes: (value) => isWhole(value, 1024, 2 ** 31 - 1), range: '1 KiB to 2 GiB - 1' },
  segmentMs: { takes: (value) => isWhole(value, 1), range: 'a whole number of milliseconds from 1 on' },
  durability: { takes: (value) => value === 'fsync' || value === 'written', range: 'fsync, written' },
  flushMs: { takes: (value) => isWhole(value, 1, 60_000), range: '1 to 60000 milliseconds' },
  timestampType: { takes: (value) => value === 'create' || value === 'append', range: 'create, append' },
  maxBatchBytes: { takes: (value) => isWhole(value, 1024, maxAppendBytes), range: '1 KiB to 8 MiB' },
  deleteRetentionMs: { takes: (value) => isWhole(value, 0), range: milliseconds },
  minDirtyRatio: { takes: (value) => typeof value === 'number' && value >= 0 && value <= 1, range: '0 to 1' },
}

function mergedSettings(topic: string, base: TopicSettings, wanted: Partial<TopicSettings> = {}): TopicSettings {
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined)
  for (const [name, value] of given) {
    if (!Object.hasOwn(settingRules, name)) throw invalidSetting(topic, name, value, 'a setting of topics')
    const rule = settingRules[name as keyof TopicSettings]
    if (!rule.takes(value)) throw invalidSetting(topic, name, value, rule.range)
  }
  return { ...base, ...Object.fromEntries(given) }
}

function invalidSetting(topic: string, setting: string, value: unknown, range: string): Error {
  return engineErrors.make('invalid_topic_setting', `${setting} of ${topic}: ${String(value)} is not ${range}`, {
    details: { topic, setting, value },
  })
}

function isWhole(value: unknown, least: number, most = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
}
