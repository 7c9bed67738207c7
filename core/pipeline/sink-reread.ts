// Reads a range again for a sink that has to finish what a crash interrupted.

import type { SinkBatch, SinkPartition } from '../connector/sink.js'
import { engineErrors } from '../engine/errors.js'
import type { LogEngine } from '../engine/log-engine.js'
import { invariant, present } from '../errors/invariant.js'
import { pipelineErrors } from './errors.js'
import { sinkBatch, type UnreadableListener } from './sink-batch.js'
import { lostRange } from './sink-reader.js'

const rereadBytes = 1024 * 1024

export interface RereadRange {
  readonly firstOffset: number
  readonly nextOffset: number
}

export interface RereadVisitor {
  readonly visit: (batch: SinkBatch) => Promise<void>
  readonly unreadable: UnreadableListener
}

/**
 * Calls back for every batch of the range, in order. Errors: offset_out_of_range when some of it is gone,
 * offset_beyond_end when the log does not reach as far; and what the log says of a damaged place.
 */
export async function rereadRange(
  engine: LogEngine,
  of: SinkPartition,
  range: RereadRange,
  { visit, unreadable }: RereadVisitor,
): Promise<void> {
  const { topic, partition } = of
  const { highWatermark } = await engine.bounds(of)
  if (engine.topics.find(topic)?.id !== of.topicId) {
    throw engineErrors.make('unknown_topic', `${topic} with the id ${of.topicId} does not exist any more`)
  }
  if (range.nextOffset > highWatermark) {
    throw pipelineErrors.make(
      'offset_beyond_end',
      `${topic}/${partition}: offset ${range.nextOffset - 1} is to be read again, but the log ends at ${highWatermark}`,
      { details: { topic, partition, ...range, highWatermark } },
    )
  }
  const limits = { minBytes: 1, maxBytes: rereadBytes, maxWaitMs: 0, isolation: 'durable' } as const
  const never = new AbortController().signal
  for (let offset = range.firstOffset; offset < range.nextOffset; ) {
    const reads = [{ topic, partition, offset, maxBytes: rereadBytes }]
    const chunk = present((await engine.read(reads, limits, never)).chunks[0], 'the answer of a read')
    if (offset < chunk.logStartOffset) {
      throw lostRange({ topic, partition, firstOffset: offset, logStartOffset: chunk.logStartOffset })
    }
    if (chunk.error !== undefined) throw chunk.error
    const nextOffset = Math.min(chunk.nextOffset, range.nextOffset)
    invariant(nextOffset > offset, `${topic}/${partition} has nothing at ${offset}, below its high watermark`)
    await visit(sinkBatch({ of, batches: chunk.batches, firstOffset: offset, nextOffset }, unreadable))
    offset = nextOffset
  }
}
