// Configs as DescribeConfigs and CreateTopics show them: value, where it comes from, whether it can be altered.

import type { TopicSettings } from '../../engine/topic-admin.js'
import {
  configText,
  type ConfigType,
  defaultText,
  type FixedConfig,
  fixedConfigs,
  topicConfigs,
} from './topic-configs.js'

/** Kafka: DescribeConfigsResponse.ConfigSource. */
const sources = { topic: 1, staticBroker: 4, byDefault: 5 } as const

export interface ConfigEntry {
  readonly name: string
  readonly value: string
  readonly type: ConfigType
  readonly documentation: string
  readonly readOnly: boolean
  readonly configSource: number
  /** The value and what would stand in its place, nearest first. */
  readonly synonyms: readonly { readonly name: string; readonly value: string; readonly source: number }[]
}

/** Sorted by name. */
export function shownTopicConfigs(settings: TopicSettings): ConfigEntry[] {
  const own = topicConfigs.map((config): ConfigEntry => {
    const { name, type, documentation, setting } = config
    const value = configText(settings[setting])
    const standard = { name, value: defaultText(config), source: sources.byDefault }
    const isStandard = value === standard.value
    const synonyms = isStandard ? [standard] : [{ name, value, source: sources.topic }, standard]
    const configSource = isStandard ? sources.byDefault : sources.topic
    return { name, value, type, documentation, readOnly: false, configSource, synonyms }
  })
  const fixed = fixedConfigs.map((config) => fixedEntry(config, sources.byDefault))
  return [...own, ...fixed].sort((a, b) => (a.name < b.name ? -1 : 1))
}

export function shownBrokerConfigs(configs: readonly FixedConfig[]): ConfigEntry[] {
  return configs.map((config) => fixedEntry(config, sources.staticBroker))
}

function fixedEntry({ name, value, type, documentation }: FixedConfig, source: number): ConfigEntry {
  return { name, value, type, documentation, readOnly: true, configSource: source, synonyms: [{ name, value, source }] }
}
