// Where a dead letter goes back to, or why it cannot. Pure, but for the topics that it looks up.
//
// A source's record goes into the topic that it was meant for; one of a sink or transform into `PIPELINE.EDGE.replay`,
// which only this edge reads.

import { replayHeaderPrefix, replayTopicOf } from '../../connector/origin.js'
import type { TopicPartitions } from '../../engine/consumer/assignor.js'
import type { TopicAdmin } from '../../engine/topic-admin.js'
import type { PlainRecord } from '../../record/encode-batch.js'
import type { RecordHeader } from '../../record/record-headers.js'
import type { PipelinePlan, SinkPlan } from '../pipeline-plan.js'
import { type FailedPlace, ownHeaders } from './failed-place.js'

/** Why dead letters of a sink cannot come to it again; undefined when they can. */
function refusalOf({ declaration, settings }: SinkPlan): string | undefined {
  return declaration.refusesReplay?.(settings as never)
}

/** What a sink reads now: `from`, and its replay topic from when something was replayed. */
export function topicsOfSink(topics: TopicAdmin, plan: SinkPlan): readonly TopicPartitions[] {
  return refusalOf(plan) === undefined ? topicsReadBy(topics, plan) : plan.from.map((name) => shapeOf(topics, name))
}

/** As `topicsOfSink`, for whoever takes letters in any case. `group` is `PIPELINE.EDGE`. */
export function topicsReadBy(
  topics: TopicAdmin,
  { group, from }: { readonly group: string; readonly from: readonly string[] },
): readonly TopicPartitions[] {
  const replay = topics.find(`${group}.replay`)
  return (replay === undefined ? from : [...from, replay.name]).map((name) => shapeOf(topics, name))
}

function shapeOf(topics: TopicAdmin, name: string): TopicPartitions {
  return { name, partitions: topics.find(name)?.partitions ?? 0 }
}

export type ReplayTarget =
  | { readonly topic: string; readonly isMade: boolean; readonly refusal: undefined }
  | { readonly refusal: string }

/** `isMade`: the topic is made when it does not exist. */
export function replayTarget(place: FailedPlace, plans: readonly PipelinePlan[], topics: TopicAdmin): ReplayTarget {
  const { pipeline, edge, topic, offset } = place
  if (place.isBatch) return { refusal: 'a batch that nobody could read' }
  if (place.isCut) return { refusal: 'cut: the letter does not hold the whole record' }
  const plan = plans.find(({ name }) => name === pipeline)
  if (offset === undefined) {
    if (plan?.transforms.some(({ id }) => id === edge) === true)
      return { refusal: 'a window made it: it was in no topic' }
    if (plan?.sources.some(({ id }) => id === edge) !== true) return { refusal: unknownEdge(place) }
    if (topics.find(topic) === undefined) return { refusal: `its topic ${topic} is gone` }
    return { topic, isMade: false, refusal: undefined }
  }
  const sink = plan?.sinks.find(({ id }) => id === edge)
  if (sink === undefined && plan?.transforms.some(({ id }) => id === edge) !== true)
    return { refusal: unknownEdge(place) }
  const refusal = sink === undefined ? undefined : refusalOf(sink)
  if (refusal !== undefined) return { refusal: `the sink ${pipeline}.${edge} takes none: ${refusal}` }
  return { topic: replayTopicOf(pipeline, edge), isMade: true, refusal: undefined }
}

function unknownEdge({ pipeline, edge }: FailedPlace): string {
  return `no file that ran last has ${pipeline}.${edge}`
}

/** The record as it was before it failed; for a sink or transform with its first place in headers. */
export function replayedRecord(letter: PlainRecord, place: FailedPlace, topics: TopicAdmin): PlainRecord {
  const headers = ownHeaders(letter.headers ?? [])
  if (place.offset === undefined) return { ...letter, headers }
  // It failed a second time: its first place stands there already.
  if (place.topic === replayTopicOf(place.pipeline, place.edge)) return { ...letter, headers }
  const kept = headers.filter(({ key }) => !key.startsWith(replayHeaderPrefix))
  const topicId = place.topicId ?? topics.find(place.topic)?.id ?? ''
  const first: RecordHeader[] = Object.entries({
    topic: place.topic,
    topicId,
    partition: String(place.partition ?? 0),
    offset: String(place.offset),
  }).map(([name, text]) => ({ key: replayHeaderPrefix + name, value: Buffer.from(text) }))
  return { ...letter, headers: [...kept, ...first] }
}
