// Makes the topics as the files declare them, before anything runs. Partitions are added when a file says more, and
// never taken away; settings follow the file; a topic that only exists because an edge names it is left as it is.

import type { LogEngine } from '../engine/log-engine.js'
import type { TopicDescription, TopicSettings } from '../engine/topic-admin.js'
import { maxAppendBytes } from '../engine/topic-rules.js'
import type { Logger } from '../telemetry/logger.js'
import { leastDeadLetterBatchBytes } from './dead-letter.js'
import { pipelineErrors } from './errors.js'
import type { PipelinePlan, SourcePlan, TopicPlan } from './pipeline-plan.js'

/**
 * Creates and alters what the plans need. Errors, all before anything was changed: topic_settings_conflict,
 * fewer_partitions, dead_letter_topic_too_small, engine_lacks.
 */
export async function prepareTopics(plans: readonly PipelinePlan[], engine: LogEngine, logger: Logger): Promise<void> {
  const deadLetterTopics = deadLetterTopicsOf(plans)
  const large = new Set([...deadLetterTopics, ...largeRecordTopicsOf(plans)])
  const wanted = mergedTopics(plans).map((topic) => fitForLargeRecords(topic, large))
  for (const topic of wanted) checkTopic(topic, engine)
  for (const name of deadLetterTopics) checkDeadLetterTopic(name, wanted, engine)
  for (const topic of wanted) await prepareTopic(topic, engine, logger)
}

function deadLetterTopicsOf(plans: readonly PipelinePlan[]): ReadonlySet<string> {
  const edges = plans.flatMap(({ sources, transforms, sinks }) => [...sources, ...transforms, ...sinks])
  return new Set(edges.map(({ onError }) => onError.deadLetter).filter((name) => name !== undefined))
}

/** Topics of sources whose records are as large as what they find. */
function largeRecordTopicsOf(plans: readonly PipelinePlan[]): readonly string[] {
  const sources = plans.flatMap((plan) => plan.sources).filter((source) => givesLargeRecords(source))
  return sources.flatMap(({ topics }) => topics)
}

export function givesLargeRecords({ declaration }: SourcePlan): boolean {
  return declaration.role === 'source' && declaration.givesLargeRecords === true
}

/** Each topic once: as it is declared, or else as the first edge that names it implies. */
function mergedTopics(plans: readonly PipelinePlan[]): readonly TopicPlan[] {
  const merged = new Map<string, TopicPlan>()
  for (const topic of plans.flatMap((plan) => plan.topics)) {
    const other = merged.get(topic.name)
    if (other?.declared && topic.declared && !isAlike(other, topic)) {
      throw pipelineErrors.make(
        'topic_settings_conflict',
        `two files declare the topic ${topic.name}, and differently`,
        {
          details: { topic: topic.name },
        },
      )
    }
    if (other === undefined || (topic.declared && !other.declared)) merged.set(topic.name, topic)
  }
  return [...merged.values()]
}

function isAlike(one: TopicPlan, other: TopicPlan): boolean {
  const names = new Set([...Object.keys(one.settings), ...Object.keys(other.settings)]) as Set<keyof TopicSettings>
  return one.partitions === other.partitions && [...names].every((name) => one.settings[name] === other.settings[name])
}

/** A dead letter is larger than its record: a topic for those that nobody declares takes the largest there may be. */
function fitForLargeRecords(topic: TopicPlan, large: ReadonlySet<string>): TopicPlan {
  if (topic.declared || !large.has(topic.name)) return topic
  return { ...topic, settings: { ...topic.settings, maxBatchBytes: maxAppendBytes } }
}

function checkTopic({ name, partitions, settings, declared }: TopicPlan, engine: LogEngine): void {
  if (settings.cleanup?.startsWith('compact') && !engine.capabilities.compaction) {
    throw pipelineErrors.make('engine_lacks', `the topic ${name} is to be compacted, which the engine cannot do`, {
      details: { topic: name, capability: 'compaction' },
    })
  }
  const existing = engine.topics.find(name)
  if (existing !== undefined && declared && partitions < existing.partitions) {
    throw pipelineErrors.make(
      'fewer_partitions',
      `the topic ${name} has ${existing.partitions} partitions, and the file says ${partitions}`,
      { details: { topic: name, partitions: existing.partitions, wanted: partitions } },
    )
  }
}

function checkDeadLetterTopic(name: string, wanted: readonly TopicPlan[], engine: LogEngine): void {
  const plan = wanted.find((topic) => topic.name === name)
  const existing = engine.topics.find(name)
  const keepsItsSettings = existing !== undefined && plan?.declared !== true
  const maxBatchBytes = keepsItsSettings ? existing.settings.maxBatchBytes : plan?.settings.maxBatchBytes
  if (maxBatchBytes !== undefined && maxBatchBytes < leastDeadLetterBatchBytes) {
    throw pipelineErrors.make(
      'dead_letter_topic_too_small',
      `the dead-letter topic ${name} takes batches of ${maxBatchBytes} bytes; ${leastDeadLetterBatchBytes} are needed`,
      { details: { topic: name, maxBatchBytes, leastDeadLetterBatchBytes } },
    )
  }
}

async function prepareTopic(plan: TopicPlan, engine: LogEngine, logger: Logger): Promise<void> {
  const { name, partitions, settings } = plan
  const existing = engine.topics.find(name)
  if (existing === undefined) {
    await engine.topics.create({ name, partitions, settings })
    logger.info('a topic was created', { topic: name, partitions })
    return
  }
  if (!plan.declared) return
  const changed = changedSettings(existing, settings)
  if (Object.keys(changed).length > 0) {
    await engine.topics.alter(name, { settings: changed })
    logger.info('the settings of a topic follow the file', { topic: name, changed })
  }
  if (partitions > existing.partitions) {
    await engine.topics.alter(name, { partitions })
    logger.warn('a topic has more partitions: keys move, so that the order of a key holds from here on only', {
      topic: name,
      previous: existing.partitions,
      partitions,
    })
  }
}

function changedSettings(existing: TopicDescription, wanted: Partial<TopicSettings>): Partial<TopicSettings> {
  const entries = Object.entries(wanted) as [keyof TopicSettings, unknown][]
  return Object.fromEntries(entries.filter(([name, value]) => value !== undefined && value !== existing.settings[name]))
}
