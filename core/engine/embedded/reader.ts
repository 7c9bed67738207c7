// Reads of the embedded engine: the long poll over many partitions, and look-ups by time.

import { messageOf, TailraceError } from '../../errors/tailrace-error.js'
import { logErrors } from '../../log/errors.js'
import type { PartitionLog, ReadView } from '../../log/partition-log.js'
import type { Clock } from '../../runtime/clock.js'
import { engineErrors } from '../errors.js'
import type { AbortedTransaction, PartitionChunk, PartitionRead, ReadLimits, ReadResult } from '../log-engine.js'
import { answerAtOnce, AppendSignal, isSatisfied, ReadBudget, waitForAppends } from '../long-poll.js'
import type { EmbeddedTopics } from './embedded-topics.js'

export interface ReaderOptions {
  readonly topics: EmbeddedTopics
  readonly clock: Clock
  checkOpen(): void
  /** Bytes on disk that do not match their checksum were met. */
  damaged(error: TailraceError): void
}

const nothing = Buffer.alloc(0)
const noneAborted: readonly AbortedTransaction[] = []

export class Reader {
  readonly #options: ReaderOptions
  readonly #signals = new WeakMap<PartitionLog, AppendSignal>()

  constructor(options: ReaderOptions) {
    this.#options = options
  }

  /** More of these partitions is visible, or they are gone. */
  wake(logs: Iterable<PartitionLog>): void {
    for (const log of logs) this.#signals.get(log)?.wake()
  }

  async read(reads: readonly PartitionRead[], limits: ReadLimits, signal: AbortSignal): Promise<ReadResult> {
    this.#options.checkOpen()
    const logs = reads.map((read) => this.#find(read))
    if (limits.minBytes > 1)
      for (const [index, read] of reads.entries()) await logs[index]?.seek(read.offset, viewOf(limits))
    const bytesFrom = (read: PartitionRead, index: number): number => visibleBytes(logs[index], read, limits)
    const satisfied = (): boolean => {
      this.#options.checkOpen()
      return isSatisfied(reads, limits, bytesFrom)
    }
    const signals = logs.flatMap((log) => (log === undefined ? [] : [this.#signalOf(log)]))
    await waitForAppends({ signals, satisfied, maxWaitMs: limits.maxWaitMs, clock: this.#options.clock }, signal)
    this.#options.checkOpen()
    const budget = new ReadBudget(limits, reads, bytesFrom)
    const chunks: PartitionChunk[] = []
    for (const [index, read] of reads.entries()) chunks.push(await this.#chunk(read, logs[index], { budget, limits }))
    return { chunks }
  }

  async #chunk(
    read: PartitionRead,
    log: PartitionLog | undefined,
    { budget, limits }: { readonly budget: ReadBudget; readonly limits: ReadLimits },
  ): Promise<PartitionChunk> {
    const { topic, partition, offset } = read
    if (log === undefined || log.isRemoved) return this.#refused(read, undefined, this.#unknown(read))
    const allowance = budget.allowance(read)
    const view = viewOf(limits)
    try {
      // Within its bounds a partition answers even without an allowance: an offset out of range must show.
      if (allowance === 0 && !budget.firstBatchIsFree && offset >= log.logStartOffset && offset <= log.nextOffset) {
        return { topic, partition, batches: nothing, nextOffset: offset, aborted: noneAborted, ...boundsOf(log, view) }
      }
      const { batches, nextOffset, aborted } = await log.read(offset, allowance, view)
      const bounds = boundsOf(log, view)
      if (batches.length > allowance && !budget.firstBatchIsFree)
        return { topic, partition, batches: nothing, nextOffset: offset, aborted: noneAborted, ...bounds }
      budget.spend(batches.length)
      return { topic, partition, batches, nextOffset, aborted, ...bounds }
    } catch (error) {
      if (log.isRemoved) return this.#refused(read, undefined, this.#unknown(read))
      return this.#refused(read, log, this.#explain(error, read, log))
    }
  }

  #explain(error: unknown, read: PartitionRead, log: PartitionLog): TailraceError {
    const { topic, partition, offset } = read
    if (logErrors.is(error, 'offset_outside')) {
      const { logStartOffset, highWatermark } = log
      const message = `offset ${offset} of ${topic} partition ${partition} is not between ${logStartOffset} and ${highWatermark}`
      return engineErrors.make('offset_out_of_range', message, {
        details: { topic, partition, offset, logStartOffset, highWatermark },
      })
    }
    // Too many open files: nothing is wrong with the bytes, and the next read may succeed.
    if (error instanceof TailraceError && error.retry === 'timed') return error
    const message = `${topic} partition ${partition} cannot be read at offset ${offset}: ${messageOf(error)}`
    const damage = engineErrors.make('damaged', message, { cause: error, details: { topic, partition, offset } })
    this.#options.damaged(damage)
    return damage
  }

  #refused(read: PartitionRead, log: PartitionLog | undefined, error: TailraceError): PartitionChunk {
    const { topic, partition, offset } = read
    const bounds = log === undefined ? noBounds : boundsOf(log, viewOf({ isolation: 'durable' }))
    return { topic, partition, batches: nothing, nextOffset: offset, aborted: noneAborted, ...bounds, error }
  }

  #unknown(read: PartitionRead): TailraceError {
    const { topic, partition } = read
    const partitions = this.#options.topics.find(topic)?.partitions ?? 0
    const message = `topic ${topic} has ${partitions} partitions, but not number ${partition}`
    return engineErrors.make('unknown_partition', message, { details: { topic, partition, partitions } })
  }

  #find(read: PartitionRead): PartitionLog | undefined {
    return this.#options.topics.lookUp(read)?.log
  }

  #signalOf(log: PartitionLog): AppendSignal {
    let signal = this.#signals.get(log)
    if (signal === undefined) {
      signal = new AppendSignal()
      this.#signals.set(log, signal)
    }
    return signal
  }
}

function visibleBytes(log: PartitionLog | undefined, read: PartitionRead, limits: ReadLimits): number {
  if (log === undefined || log.isRemoved) return answerAtOnce
  const end = limits.isolation === 'durable' ? log.highWatermark : log.writtenWatermark
  if (read.offset < log.logStartOffset || read.offset > end) return answerAtOnce
  return log.availableBytes(read.offset, viewOf(limits))
}

function viewOf({ isolation, transactions = 'committed' }: Pick<ReadLimits, 'isolation' | 'transactions'>): ReadView {
  return { isolation, transactions }
}

const noBounds = { highWatermark: -1, lastStableOffset: -1, logStartOffset: -1 }

function boundsOf(log: PartitionLog, { isolation }: ReadView): typeof noBounds {
  const { highWatermark, logStartOffset } = log
  return { highWatermark, lastStableOffset: log.stableOffset(isolation), logStartOffset }
}
