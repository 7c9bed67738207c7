// Where a sink goes on in the partitions that it was assigned. What the target holds wins over the group's offset, that
// over the start of the log. An offset outside of the log is an error: nothing is skipped or repeated by itself.

import type { Assignment, SinkPartition } from '../connector/sink.js'
import { engineErrors } from '../engine/errors.js'
import type { LogEngine, PartitionId } from '../engine/log-engine.js'
import { decodeCommitNote } from './commit-note.js'
import { pipelineErrors } from './errors.js'
import { lostRange } from './sink-reader.js'
import type { PartitionProgress } from './sink-progress.js'

/** The assigned partitions as the sink is told of them, each with what is followed of it. */
export async function describeAssignment(
  engine: LogEngine,
  group: string,
  partitions: readonly PartitionId[],
): Promise<readonly AssignedPartition[]> {
  return Promise.all(partitions.map((of) => describe(engine, group, of)))
}

export interface AssignedPartition extends Assignment {
  /** The dead letters of all failed records below stand in the log. */
  readonly failedBelow: number
}

async function describe(engine: LogEngine, group: string, of: PartitionId): Promise<AssignedPartition> {
  const { topic, partition } = of
  const found = engine.topics.find(topic)
  if (found === undefined) {
    throw engineErrors.make('unknown_topic', `${group} reads ${topic}, which does not exist`, { details: { topic } })
  }
  const { logStartOffset, highWatermark } = await engine.bounds(of)
  const place = { topic, topicId: found.id, partition, logStartOffset, highWatermark }
  const commit = engine.groups.committed(group, of)
  const note = decodeCommitNote(commit?.metadata ?? '')
  // A topic made anew under the old name is another topic: the offset was meant for the one that is gone.
  const isForeign = note.topicId !== undefined && note.topicId !== found.id
  if (commit === undefined || isForeign) return { ...place, committed: undefined, failedBelow: 0 }
  return { ...place, committed: commit.offset, failedBelow: Math.max(note.failedBelow, commit.offset) }
}

/** Nothing is read or durable yet: for the time until the sink has said where it goes on. */
export function unstarted(assigned: AssignedPartition): PartitionProgress {
  const { topic, topicId, partition, logStartOffset, highWatermark, committed, failedBelow } = assigned
  const offset = committed ?? logStartOffset
  return {
    topic,
    topicId,
    partition,
    committedOffset: committed,
    durableOffset: offset,
    writtenOffset: offset,
    readOffset: offset,
    highWatermark,
    failedBelow,
    failed: [],
    obstacle: undefined,
  }
}

/**
 * Sets where the partition goes on. `target` is what the target holds, undefined when it holds nothing of the kind.
 * Errors: offset_beyond_end; offset_out_of_range, with the range that is lost.
 */
export function start(progress: PartitionProgress, assigned: AssignedPartition, target: number | undefined): void {
  const { topic, partition, logStartOffset } = assigned
  // What the sink called durable while it was assigned, finishing what a crash interrupted, counts.
  const offset = target ?? progress.durableOffset
  if (offset > progress.highWatermark) throw beyondEnd(assigned, offset, target !== undefined)
  if (offset < logStartOffset) throw lostRange({ topic, partition, firstOffset: offset, logStartOffset })
  progress.durableOffset = offset
  progress.writtenOffset = offset
  progress.readOffset = offset
}

function beyondEnd(of: SinkPartition & { readonly highWatermark: number }, offset: number, isTarget: boolean): Error {
  const { topic, partition, highWatermark } = of
  const holder = isTarget ? 'the target' : 'the group'
  return pipelineErrors.make(
    'offset_beyond_end',
    `${topic}/${partition}: ${holder} stands at offset ${offset}, but the log ends at ${highWatermark}`,
    { details: { topic, partition, offset, highWatermark } },
  )
}
