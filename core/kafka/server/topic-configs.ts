// The settings of topics under the names that Kafka gives them, in texts as clients send and read them.
//
// Total by type: a new setting without a name does not compile. What Kafka knows besides and is always the same here
// stands in `fixedConfigs`: it is shown, and may be set to what it is.

import { defaultTopicSettings, type TopicSettings } from '../../engine/topic-admin.js'

/** Numbers of DescribeConfigs; Kafka: ConfigDef.Type in DescribeConfigsResponse. */
export const configTypes = { boolean: 1, string: 2, int: 3, long: 5, double: 6, list: 7 } as const

export type ConfigType = keyof typeof configTypes

export interface TopicConfig {
  readonly name: string
  readonly type: ConfigType
  readonly documentation: string
  readonly setting: keyof TopicSettings
  /** The setting's value for a text; NaN or a text of no meaning is refused by the rules of the engine. */
  readonly parse: (text: string) => unknown
}

export interface FixedConfig {
  readonly name: string
  readonly type: ConfigType
  readonly value: string
  readonly documentation: string
}

type ConfigTable = { readonly [Setting in keyof TopicSettings]: Omit<TopicConfig, 'setting'> }

const wholeNumber = (text: string): unknown => (/^-?\d{1,16}$/.test(text.trim()) ? Number(text) : text)
const fraction = (text: string): unknown => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text)
const word = (text: string): unknown => text.trim()

const timestampTypes: readonly { readonly ours: TopicSettings['timestampType']; readonly kafka: string }[] = [
  { ours: 'create', kafka: 'CreateTime' },
  { ours: 'append', kafka: 'LogAppendTime' },
]

const table: ConfigTable = {
  cleanup: {
    name: 'cleanup.policy',
    type: 'list',
    parse: policy,
    documentation: 'delete: old segments go; compact: the latest record of each key stays; or both.',
  },
  retentionMs: {
    name: 'retention.ms',
    type: 'long',
    parse: wholeNumber,
    documentation: 'How long records are kept; -1 for ever.',
  },
  retentionBytes: {
    name: 'retention.bytes',
    type: 'long',
    parse: wholeNumber,
    documentation: 'How many bytes a partition keeps; -1 for all.',
  },
  segmentBytes: {
    name: 'segment.bytes',
    type: 'int',
    parse: wholeNumber,
    documentation: 'The size at which a segment is closed and the next one begun.',
  },
  segmentMs: {
    name: 'segment.ms',
    type: 'long',
    parse: wholeNumber,
    documentation: 'The age at which a segment is closed.',
  },
  durability: {
    name: 'tailrace.durability',
    type: 'string',
    parse: word,
    documentation: 'fsync: acknowledged means fsynced; written: acknowledged means handed to the kernel.',
  },
  flushMs: {
    name: 'flush.ms',
    type: 'long',
    parse: wholeNumber,
    documentation: 'How long an append of a topic with tailrace.durability=written may wait for its sync.',
  },
  timestampType: {
    name: 'message.timestamp.type',
    type: 'string',
    parse: (text) => timestampTypes.find(({ kafka }) => kafka === text.trim())?.ours ?? text,
    documentation: 'CreateTime: records keep their own time; LogAppendTime: they get the time of their append.',
  },
  maxBatchBytes: {
    name: 'max.message.bytes',
    type: 'int',
    parse: wholeNumber,
    documentation: 'The largest record batch, as it is sent, with its header.',
  },
  deleteRetentionMs: {
    name: 'delete.retention.ms',
    type: 'long',
    parse: wholeNumber,
    documentation: 'How long a record without a value stays readable in a compacted topic.',
  },
  minDirtyRatio: {
    name: 'min.cleanable.dirty.ratio',
    type: 'double',
    parse: fraction,
    documentation: 'Compaction begins when this part of the log is not compacted yet.',
  },
}

/** Every setting of a topic that can be altered, sorted by name. */
export const topicConfigs: readonly TopicConfig[] = Object.entries(table)
  .map(([setting, config]) => ({ ...config, setting: setting as keyof TopicSettings }))
  .sort((a, b) => (a.name < b.name ? -1 : 1))

/** What is the same for all topics. */
export const fixedConfigs: readonly FixedConfig[] = [
  {
    name: 'compression.type',
    type: 'string',
    value: 'producer',
    documentation: 'Batches are kept as their producer compressed them.',
  },
  { name: 'min.insync.replicas', type: 'int', value: '1', documentation: 'There is one replica.' },
  {
    name: 'unclean.leader.election.enable',
    type: 'boolean',
    value: 'false',
    documentation: 'There is one replica, which leads.',
  },
  { name: 'preallocate', type: 'boolean', value: 'false', documentation: 'Segments grow as they are written.' },
]

const byName = new Map(topicConfigs.map((config) => [config.name, config]))
const fixedByName = new Map(fixedConfigs.map((config) => [config.name, config]))

/** A setting as DescribeConfigs shows it. */
export function configText(value: TopicSettings[keyof TopicSettings]): string {
  return timestampTypes.find(({ ours }) => ours === value)?.kafka ?? String(value)
}

export function defaultText({ setting }: TopicConfig): string {
  return configText(defaultTopicSettings[setting])
}

export function findTopicConfig(name: string): TopicConfig | undefined {
  return byName.get(name)
}

/** The settings that clients name, or what is wrong with them. A null value stands for the default. */
export function settingsFromConfigs(
  configs: readonly { readonly name: string; readonly value: string | null }[],
): { readonly settings: Partial<TopicSettings> } | { readonly problem: string } {
  const settings: Record<string, unknown> = {}
  for (const { name, value } of configs) {
    const config = byName.get(name)
    if (config !== undefined) {
      settings[config.setting] = value === null ? defaultTopicSettings[config.setting] : config.parse(value)
      continue
    }
    const fixed = fixedByName.get(name)
    if (fixed === undefined) return { problem: `there is no topic config ${name}` }
    if (value !== null && value !== fixed.value) {
      return { problem: `${name} is always ${fixed.value} here, so it cannot be ${value}` }
    }
  }
  return { settings: settings as Partial<TopicSettings> }
}

/** In the order that the engine knows. */
function policy(text: string): unknown {
  const words = [...new Set(text.split(',').map((each) => each.trim()))].sort()
  return words.join(',')
}
