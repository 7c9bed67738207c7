// A topic as somebody who appends to it needs to know it.

import { engineErrors } from '../engine/errors.js'
import type { TopicAdmin } from '../engine/topic-admin.js'
import { maxAppendBytes } from '../engine/topic-rules.js'

export interface AppendTarget {
  readonly topic: string
  readonly topicId: string
  readonly partitions: number
  /** The largest batch that topic and engine both take. */
  readonly maxBatchBytes: number
}

/** What an append holds besides its largest batch: the frames of other parts and the state that goes along. */
const appendReserveBytes = 64 * 1024

/** The topic as it is now. Errors: unknown_topic. */
export function appendTarget(topics: TopicAdmin, topic: string): AppendTarget {
  const found = topics.find(topic)
  if (found === undefined) {
    throw engineErrors.make('unknown_topic', `the topic ${topic} does not exist`, { details: { topic } })
  }
  const maxBatchBytes = Math.min(found.settings.maxBatchBytes, maxAppendBytes - appendReserveBytes)
  return { topic, topicId: found.id, partitions: found.partitions, maxBatchBytes }
}

/** Do both name the same topic with the same shape, so that what was built for one fits the other? */
export function sameTarget(one: AppendTarget, other: AppendTarget): boolean {
  return (
    one.topicId === other.topicId && one.partitions === other.partitions && one.maxBatchBytes === other.maxBatchBytes
  )
}
