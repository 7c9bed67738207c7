// From a draft without mistakes to the plan that core/pipeline runs.

import { invariant, present } from '../core/errors/invariant.js'
import type { PushSourceDeclaration, SinkDeclaration, SourceDeclaration } from '../core/connector/declaration.js'
import type {
  ParsePlan,
  PipelinePlan,
  SinkPlan,
  SourcePlan,
  TopicPlan,
  TransformPlan,
} from '../core/pipeline/pipeline-plan.js'
import type { Draft, DraftEdge } from './draft.js'
import type { TopicFieldSettings } from './file-fields.js'
import { canWrite, isTemplate, writtenBy } from './written-topics.js'

/** What the other files of the run say of topics. */
export interface TopicSurroundings {
  /** Topics that another file declares. */
  readonly declaredElsewhere: ReadonlySet<string>
  /** Topics that a sink of any file reads. */
  readonly read: ReadonlySet<string>
}

/** The plan of a draft in which no check found a mistake. */
export function buildPlan(draft: Draft, surroundings: TopicSurroundings): PipelinePlan {
  const name = present(draft.name, 'the name of a checked pipeline')
  return {
    name,
    file: draft.path,
    baseDirectory: draft.baseDirectory,
    topics: topicPlans(draft, surroundings),
    defaultTopic: topicShape(defaultsOf(draft)),
    sources: draft.edges
      .filter((edge) => edge.section === 'sources')
      .map((edge) => sourcePlan(edge, surroundings.read)),
    transforms: draft.edges
      .filter((edge) => edge.section === 'transforms')
      .map((edge) => transformPlan(name, edge, surroundings.read)),
    sinks: draft.edges.filter((edge) => edge.section === 'sinks').map((edge) => sinkPlan(name, edge)),
    document: draft.document.values,
  }
}

function defaultsOf(draft: Draft): TopicFieldSettings {
  return present(draft.defaultTopic, 'the settings of topics that nothing declares')
}

/** Declared ones first; then what edges write, in the order they name it. */
function topicPlans(draft: Draft, { declaredElsewhere, read }: TopicSurroundings): readonly TopicPlan[] {
  const plans = new Map<string, TopicPlan>()
  for (const { name, settings } of draft.topics) {
    plans.set(name, topicPlan(name, present(settings, `settings of the topic ${name}`), true))
  }
  const defaults = defaultsOf(draft)
  for (const edge of draft.edges) {
    for (const name of [...topicsWritten(edge, read), edge.deadLetter]) {
      if (name === undefined || plans.has(name) || declaredElsewhere.has(name)) continue
      plans.set(name, topicPlan(name, defaults, false))
    }
  }
  return [...plans.values()]
}

/** What an edge writes for sure, and what it may write and somebody reads: a sink's topics exist before it starts. */
function topicsWritten(edge: DraftEdge, read: ReadonlySet<string>): readonly string[] {
  const written = writtenBy(edge)
  return [...new Set([...written.names, ...[...read].filter((topic) => canWrite(written, topic))])]
}

function topicPlan(name: string, fields: TopicFieldSettings, declared: boolean): TopicPlan {
  return { name, declared, ...topicShape(fields) }
}

function topicShape(fields: TopicFieldSettings): Pick<TopicPlan, 'partitions' | 'settings'> {
  return {
    partitions: fields.partitions,
    settings: {
      cleanup: fields.cleanup,
      retentionMs: fields.retention.time,
      retentionBytes: fields.retention.bytes,
      segmentBytes: fields.segment.bytes,
      segmentMs: fields.segment.time,
      durability: fields.durability,
      flushMs: fields.flush,
      timestampType: fields.timestampType,
      maxBatchBytes: fields.maxBatch,
      deleteRetentionMs: fields.compaction.tombstones,
      minDirtyRatio: fields.compaction.dirtyPercent / 100,
    },
  }
}

function sourcePlan(edge: DraftEdge, read: ReadonlySet<string>): SourcePlan {
  const { declaration, settings, parse, key, onError } = present(edge.valid, `the source ${edge.id}`)
  invariant(declaration.role !== 'sink', `${declaration.type} stands under sources and is none`)
  const to = present(edge.to, `the topic of the source ${edge.id}`)
  return {
    id: edge.id,
    declaration: declaration as SourceDeclaration | PushSourceDeclaration,
    settings,
    to,
    topic: isTemplate(to) ? undefined : to,
    topics: topicsWritten(edge, read),
    parse: parse as ParsePlan | undefined,
    key,
    steps: present(edge.passage, `the steps of the source ${edge.id}`).steps,
    onError,
  }
}

function sinkPlan(pipeline: string, edge: DraftEdge): SinkPlan {
  const { declaration, settings, onError } = present(edge.valid, `the sink ${edge.id}`)
  invariant(declaration.role === 'sink', `${declaration.type} stands under sinks and is none`)
  return {
    id: edge.id,
    declaration: declaration as SinkDeclaration,
    settings,
    from: edge.from,
    group: `${pipeline}.${edge.id}`,
    steps: present(edge.passage, `the steps of the sink ${edge.id}`).steps,
    onError,
  }
}

function transformPlan(pipeline: string, edge: DraftEdge, read: ReadonlySet<string>): TransformPlan {
  const { steps, onError } = present(edge.passage, `the transform ${edge.id}`)
  return {
    id: edge.id,
    from: edge.from,
    topic: present(edge.to, `the topic of the transform ${edge.id}`),
    topics: topicsWritten(edge, read),
    group: `${pipeline}.${edge.id}`,
    steps,
    onError,
  }
}
