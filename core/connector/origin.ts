// Where a record was read first, for connectors that make ids from it.
//
// A dead letter that is replayed comes to its sink through the topic `PIPELINE.SINK.replay`, which only this sink reads.
// There it has another offset; its first place stands in headers, so that the id made from it is the one that the
// receiver knows already. In any other topic these headers are a producer's own and count for nothing.

import type { RecordCursor } from '../record/record-cursor.js'
import type { SinkPartition } from './sink.js'

export const replayHeaderPrefix = 'tailrace.replay.'

/** The place of a record in the log, in words that stay its own for ever. */
export interface RecordOrigin extends SinkPartition {
  readonly offset: number
}

/** The topic of dead letters that go back to a sink or transform. */
export function replayTopicOf(pipeline: string, edge: string): string {
  return `${pipeline}.${edge}.replay`
}

/**
 * Where the record under the cursor was read when it was delivered first: its own place, unless it is a replayed one.
 * `replayTopic` is that of the sink itself, made once: comparing is all that a record of another topic costs.
 */
export function originOf(of: SinkPartition, cursor: RecordCursor, replayTopic: string): RecordOrigin {
  const { topic, topicId, partition } = of
  const here = { topic, topicId, partition, offset: cursor.offset }
  if (topic !== replayTopic) return here
  const said = new Map<string, string>()
  for (const { key, value } of cursor.headers()) {
    if (value !== null && key.startsWith(replayHeaderPrefix)) {
      said.set(key.slice(replayHeaderPrefix.length), Buffer.from(value).toString('utf8'))
    }
  }
  const first = { partition: Number(said.get('partition')), offset: Number(said.get('offset')) }
  const [firstTopic, firstTopicId] = [said.get('topic'), said.get('topicId')]
  const isWhole = Number.isSafeInteger(first.partition) && Number.isSafeInteger(first.offset)
  if (firstTopic === undefined || firstTopicId === undefined || !isWhole) return here
  return { topic: firstTopic, topicId: firstTopicId, ...first }
}
