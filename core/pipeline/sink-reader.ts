// Reads ahead for a sink: a long poll over all of its partitions, which gives one batch per partition that has news.
//
// Bounded: a poll gives at most `pollBytes` (or one batch, when that is larger), and the next poll begins only when
// the batches of the last one are being written, so that at most two polls' worth is in memory. A partition alone may
// fill a poll, as a target takes one large batch sooner than four small ones; where many are read, none may fill it
// at the cost of the others.

import type { SinkBatch } from '../connector/sink.js'
import { engineErrors } from '../engine/errors.js'
import type { PartitionChunk } from '../engine/log-engine.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import type { EdgeEnvironment } from './edge-environment.js'
import { sinkBatch, type UnreadableListener } from './sink-batch.js'
import type { PartitionProgress, SinkProgress } from './sink-progress.js'

const pollBytes = 4 * 1024 * 1024

/** What each of many partitions may give to a poll. */
const leastShareBytes = 1024 * 1024

export class SinkReader {
  private readonly environment: EdgeEnvironment
  private readonly progress: SinkProgress
  private readonly unreadable: UnreadableListener
  private waiting = new AbortController()
  private turn = 0

  constructor(environment: EdgeEnvironment, progress: SinkProgress, unreadable: UnreadableListener) {
    this.environment = environment
    this.progress = progress
    this.unreadable = unreadable
  }

  /**
   * The next batches, none after `maxWaitMs`, undefined after a `wake`. What it gives counts as read. Rejects with what
   * a partition answers; but damage keeps only its own partition from being read, until the sink is assigned anew.
   */
  async poll(maxWaitMs: number): Promise<readonly SinkBatch[] | undefined> {
    this.waiting = new AbortController()
    const { signal } = this.waiting
    const wanted = this.inTurn(this.progress.all().filter(({ obstacle }) => obstacle === undefined))
    try {
      if (wanted.length === 0) {
        await this.environment.world.clock.sleep(maxWaitMs, signal)
        return []
      }
      const partitionBytes = Math.max(leastShareBytes, Math.floor(pollBytes / wanted.length))
      const reads = wanted.map(({ topic, partition, readOffset }) => {
        return { topic, partition, offset: readOffset, maxBytes: partitionBytes }
      })
      const limits = { minBytes: 1, maxBytes: pollBytes, maxWaitMs, isolation: 'durable' } as const
      const { chunks } = await this.environment.engine.read(reads, limits, signal)
      return wanted.flatMap((progress, index) => this.take(progress, chunks[index]!))
    } catch (error) {
      if (signal.aborted) return undefined
      throw error
    }
  }

  /** Ends the wait of the poll under way. */
  wake(): void {
    this.waiting.abort()
  }

  /** Begins with another partition each time, as the bytes of a poll may be used up by its first partitions. */
  private inTurn(partitions: readonly PartitionProgress[]): readonly PartitionProgress[] {
    if (partitions.length === 0) return partitions
    const first = this.turn++ % partitions.length
    return [...partitions.slice(first), ...partitions.slice(0, first)]
  }

  private take(progress: PartitionProgress, chunk: PartitionChunk): readonly SinkBatch[] {
    const { topic, partition, readOffset: firstOffset } = progress
    const { batches, nextOffset, error } = chunk
    if (firstOffset < chunk.logStartOffset) {
      throw lostRange({ topic, partition, firstOffset, logStartOffset: chunk.logStartOffset })
    }
    if (error !== undefined) {
      this.refused(progress, error)
      return []
    }
    progress.highWatermark = chunk.highWatermark
    // A range in which nothing counts (aborted records, ends of transactions) has no batches, but is passed.
    if (nextOffset === firstOffset) return []
    progress.readOffset = nextOffset
    return [sinkBatch({ of: progress, batches, firstOffset, nextOffset }, this.unreadable)]
  }

  private refused(progress: PartitionProgress, error: TailraceError): void {
    if (!engineErrors.is(error, 'damaged')) throw error
    progress.obstacle = error
    this.environment.meter.impaired(error)
    this.environment.logger.error('a partition cannot be read on; the others go on', { error })
  }
}

export interface LostRange {
  readonly topic: string
  readonly partition: number
  readonly firstOffset: number
  readonly logStartOffset: number
}

/** The log no longer has what the sink needs next. */
export function lostRange({ topic, partition, firstOffset, logStartOffset }: LostRange): TailraceError {
  return engineErrors.make(
    'offset_out_of_range',
    `${topic}/${partition}: the records from ${firstOffset} to ${logStartOffset - 1} are gone; the log starts at ${logStartOffset}`,
    { details: { topic, partition, firstOffset, lastOffset: logStartOffset - 1, logStartOffset } },
  )
}
