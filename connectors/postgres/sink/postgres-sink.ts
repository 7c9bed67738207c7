// The sink of type `postgres`: stretches of records become chunks, chunks become transactions of the target.
//
// While one chunk is being written the next is built, so that neither side waits for the other. Whatever fails, what
// was on its way is thrown away, and goes on from what the target says: the runtime reads the records again. After an
// error of rows that is done carefully (careful-writer.ts), so that the bad row is found and the others get through.
//
//   write   records -> chunk; the chunk before is done; this one is on its way
//   tick    what failed meanwhile is done again; an open transaction says that it lives
//   flush   nothing is on its way any more

import type { Assignment, Sink, SinkBatch, SinkContext, SinkPartition } from '../../../core/connector/sink.js'
import { present } from '../../../core/errors/invariant.js'
import { postgresErrors } from '../errors.js'
import { type Bookkeeping, fenced } from './bookkeeping.js'
import { CarefulWriter } from './careful-writer.js'
import { bookkeepingOf, checkTarget } from './check.js'
import { Chunk } from './chunk.js'
import { ChunkBuilder } from './chunk-builder.js'
import type { PartitionPlace } from './partition-place.js'
import type { SinkSettings } from './settings.js'
import { isRowError, openSession, TargetSession } from './target-session.js'
import { TransactionEnds } from './transaction-ends.js'

/** A transaction of the source that is larger is written in parts, all within one transaction of the target. */
const mostHeldBytes = 32 * 1024 * 1024

/** A snapshot that waits for changes of the source waits no longer when there were none for so long. */
const mostQuietMs = 10_000

export function create(settings: SinkSettings): Sink {
  return new PostgresSink(settings)
}

class PostgresSink implements Sink {
  private readonly settings: SinkSettings
  private readonly wholeTransactions: boolean
  private readonly ends = new TransactionEnds()
  private readonly places = new Map<string, PartitionPlace>()
  private opened: Opened | undefined
  private target: TargetSession | undefined
  /** The beginning of a transaction of the source, kept until its end is there. */
  private held = new Chunk()
  /** The chunk that is being written; never rejects, what fails is in `failure`. */
  private writing: Promise<void> = Promise.resolve()
  private isWriting = false
  private failure: { readonly error: unknown } | undefined
  /** Something of the chunks under way was given to `context.fail`. */
  private hasFailedRecords = false
  /** Monotonic: when records came last. */
  private lastRecordsMs = 0

  constructor(settings: SinkSettings) {
    this.settings = settings
    this.wholeTransactions = settings.apply === 'transactions'
  }

  async open(context: SinkContext): Promise<void> {
    const { settings } = this
    const bookkeeping = bookkeepingOf(settings, context)
    const failed = (): void => {
      this.hasFailedRecords = true
    }
    const builder = new ChunkBuilder(settings, context, failed)
    this.opened = { context, bookkeeping, builder, careful: new CarefulWriter(builder, !this.wholeTransactions) }
  }

  async check(): Promise<void> {
    const session = await openSession(this.settings, this.parts().context)
    try {
      await checkTarget(session, this.settings)
    } finally {
      await session.close()
    }
  }

  async assigned(partitions: readonly Assignment[]): Promise<readonly (number | undefined)[]> {
    await this.discard()
    this.places.clear()
    if (partitions.length === 0) return []
    const { context, bookkeeping, builder } = this.parts()
    if (this.wholeTransactions) needOnePartition(partitions)
    builder.assigned(partitions)
    const session = await openSession(this.settings, context)
    try {
      await bookkeeping.create(session)
      for (const of of partitions) {
        const { nextOffset, epoch } = await bookkeeping.take(session, of)
        const { topic, topicId, partition } = of
        const offsets = {
          durableOffset: nextOffset,
          readOffset: nextOffset,
          acceptedOffset: nextOffset,
          carefulOffset: 0,
        }
        this.places.set(nameOf(of), { topic, topicId, partition, epoch, ...offsets })
      }
    } catch (error) {
      await session.close()
      throw error
    }
    this.target = new TargetSession(session, bookkeeping)
    return [...this.places.values()].map(({ durableOffset }) => durableOffset)
  }

  async write(batch: SinkBatch): Promise<'accepted' | 'held'> {
    const place = this.placeOf(batch)
    await this.insist(async () => {
      await this.catchUp(place, batch.firstOffset)
      await this.take(place, batch)
    }, batch)
    place.acceptedOffset = Math.max(place.acceptedOffset, batch.nextOffset)
    this.lastRecordsMs = this.parts().context.clock.monotonicMs()
    return this.wholeTransactions ? 'held' : 'accepted'
  }

  async tick(): Promise<void> {
    const isBehind = [...this.places.values()].some(({ readOffset, acceptedOffset }) => readOffset < acceptedOffset)
    if (this.failure !== undefined || isBehind) await this.insist(() => this.finish())
    else if (this.isQuiet()) await this.insist(() => this.settleSnapshot())
    else if (this.target?.isInTransaction === true) await this.keepAlive()
  }

  async flush(): Promise<void> {
    await this.insist(() => this.finish())
    if (this.hasFailedRecords) await this.parts().context.settleFailed()
  }

  async revoked(partitions: readonly SinkPartition[]): Promise<void> {
    await this.flush()
    await this.discard()
    for (const of of partitions) this.places.delete(nameOf(of))
  }

  /** What is on its way is undone; its records come again. */
  async close(): Promise<void> {
    await this.discard()
    this.places.clear()
  }

  /**
   * Does the work; after an error of rows again, carefully. Any other error is the runtime's, which comes back when it
   * is one that passes.
   */
  private async insist(work: () => Promise<void>, batch?: SinkBatch): Promise<void> {
    for (;;) {
      try {
        if (this.failure !== undefined) throw this.failure.error
        await this.connected()
        await work()
        return
      } catch (error) {
        await this.discard()
        if (!isRowError(error) || !this.takeCare(batch)) throw error
      }
    }
  }

  /** From now on carefully, as far as records are known; false when that is done already. */
  private takeCare(batch: SinkBatch | undefined): boolean {
    let isNew = false
    for (const place of this.places.values()) {
      const isOf = batch !== undefined && nameOf(batch) === nameOf(place)
      const until = Math.max(place.acceptedOffset, isOf ? batch.nextOffset : 0)
      if (until <= place.carefulOffset) continue
      place.carefulOffset = until
      isNew = true
    }
    return isNew || this.parts().careful.doubt()
  }

  private async finish(): Promise<void> {
    for (const place of this.places.values()) await this.catchUp(place, place.acceptedOffset)
    await this.written()
  }

  /** Reads again what a failure threw back. */
  private async catchUp(place: PartitionPlace, offset: number): Promise<void> {
    if (place.readOffset >= offset) return
    const range = { firstOffset: place.readOffset, nextOffset: offset }
    await this.parts().context.reread(place, range, (batch) => this.take(place, batch))
    // What retention or compaction took away, or ends of transactions, may stand at the end of the range.
    if (place.readOffset < offset) await this.passOver(place, offset)
  }

  private async take(place: PartitionPlace, batch: SinkBatch): Promise<void> {
    const firstOffset = Math.max(place.readOffset, batch.firstOffset)
    if (firstOffset >= batch.nextOffset) return
    if (firstOffset < place.carefulOffset) {
      await this.written()
      await this.takeCarefully(place, batch, firstOffset)
      return
    }
    this.parts().careful.trust()
    const end = this.wholeTransactions ? this.ends.lastIn(batch, firstOffset) : batch.nextOffset
    if (end > firstOffset) {
      await this.build(place, batch, end)
      const chunk = this.held
      this.held = new Chunk()
      await this.start(chunk, true)
    }
    if (end < batch.nextOffset) await this.build(place, batch, batch.nextOffset)
    if (this.held.byteCount > mostHeldBytes) {
      const chunk = this.held
      this.held = new Chunk()
      await this.start(chunk, false)
    }
  }

  /** Brings the records from where the partition stands to below `end` into the held chunk. */
  private async build(place: PartitionPlace, batch: SinkBatch, end: number): Promise<void> {
    const { builder, context } = this.parts()
    const cursor = batch.cursor()
    while (place.readOffset < end) {
      const need = builder.fill(this.held, { place, batch, cursor, end })
      if (need === undefined) {
        if (this.isWriting) await new Promise<void>((resolve) => context.clock.soon(resolve))
        continue
      }
      // The table changes: what was built for its old shape goes first.
      if (need.entry.open !== undefined && this.held.touches(need.entry.open)) {
        const chunk = this.held
        this.held = new Chunk()
        await this.start(chunk, !this.wholeTransactions)
      }
      await this.written()
      await builder.prepare(this.session().session, need)
    }
  }

  /** Begins to write the chunk when the one before is written. Rejects with what kept that one from it. */
  private async start(chunk: Chunk, isComplete: boolean): Promise<void> {
    await this.written()
    this.isWriting = true
    this.writing = this.writeChunk(chunk, isComplete)
      .catch((error: unknown) => {
        this.failure = { error }
      })
      .finally(() => {
        this.isWriting = false
      })
  }

  private async written(): Promise<void> {
    await this.writing
    if (this.failure !== undefined) throw this.failure.error
  }

  private async writeChunk(chunk: Chunk, isComplete: boolean): Promise<void> {
    const target = this.session()
    await target.begin()
    await target.move(chunk)
    await target.write(chunk)
    if (isComplete) await this.commit(target)
  }

  private async takeCarefully(place: PartitionPlace, batch: SinkBatch, firstOffset: number): Promise<void> {
    const { careful } = this.parts()
    const target = this.session()
    // What was held stays before what comes now.
    const chunk = this.held
    this.held = new Chunk()
    if (!chunk.isEmpty) {
      await this.start(chunk, false)
      await this.written()
    }
    const end = this.wholeTransactions ? this.ends.lastIn(batch, firstOffset) : batch.nextOffset
    if (end > firstOffset) {
      await careful.write(target, { place, batch, end })
      await this.commit(target)
    }
    if (end < batch.nextOffset) await careful.write(target, { place, batch, end: batch.nextOffset })
  }

  private async passOver(place: PartitionPlace, offset: number): Promise<void> {
    this.held.cover(place, place.readOffset, offset)
    place.readOffset = offset
    if (this.wholeTransactions) return
    const chunk = this.held
    this.held = new Chunk()
    await this.start(chunk, true)
  }

  private async commit(target: TargetSession): Promise<void> {
    const { context } = this.parts()
    if (this.hasFailedRecords) {
      this.hasFailedRecords = false
      await context.settleFailed()
    }
    for (const [place, nextOffset] of await target.commit()) {
      place.durableOffset = nextOffset
      context.durable(place, nextOffset)
    }
  }

  /** A session whose partitions stand where the target says. Errors: those of `connect`, postgres_sink_fenced. */
  private async connected(): Promise<void> {
    if (this.target !== undefined || this.places.size === 0) return
    const { context, bookkeeping } = this.parts()
    const session = await openSession(this.settings, context)
    try {
      for (const place of this.places.values()) {
        const found = await bookkeeping.find(session, place)
        const own = { nextOffset: place.durableOffset, epoch: place.epoch }
        if (found === undefined || found.epoch !== place.epoch || found.nextOffset < own.nextOffset) {
          throw fenced(place, own, found)
        }
        place.durableOffset = found.nextOffset
        place.readOffset = found.nextOffset
        context.durable(place, found.nextOffset)
      }
    } catch (error) {
      await session.close()
      throw error
    }
    this.target = new TargetSession(session, bookkeeping)
  }

  /** Throws away what is on its way; the server undoes what was not committed. */
  private async discard(): Promise<void> {
    const { target } = this
    this.target = undefined
    await target?.close()
    await this.writing
    this.failure = undefined
    this.held = new Chunk()
    this.ends.settle()
    this.opened?.builder.forgetTargets()
  }

  private isQuiet(): boolean {
    if (!this.ends.isUnsettled) return false
    return this.parts().context.clock.monotonicMs() - this.lastRecordsMs > mostQuietMs
  }

  /** The source is quiet since the snapshot: what came is all there is of it. */
  private async settleSnapshot(): Promise<void> {
    this.ends.settle()
    const chunk = this.held
    this.held = new Chunk()
    await this.start(chunk, true)
    await this.written()
  }

  /** Says that the sink lives, while a transaction of the source is not all there. */
  private async keepAlive(): Promise<void> {
    await this.insist(async () => {
      await this.written()
      await this.session().session.run('SELECT')
    })
  }

  private session(): TargetSession {
    return present(this.target, 'the session of a sink that is connected')
  }

  private placeOf(of: SinkPartition): PartitionPlace {
    return present(this.places.get(nameOf(of)), `${of.topic}/${of.partition}, which was not assigned`)
  }

  private parts(): Opened {
    return present(this.opened, 'the context of a sink that was opened')
  }
}

interface Opened {
  readonly context: SinkContext
  readonly bookkeeping: Bookkeeping
  readonly builder: ChunkBuilder
  readonly careful: CarefulWriter
}

function nameOf({ topicId, partition }: SinkPartition): string {
  return `${topicId}/${partition}`
}

/** Validation has seen to it as far as the files know the topic; it may have been made otherwise. */
function needOnePartition(partitions: readonly Assignment[]): void {
  if (partitions.length === 1) return
  const names = partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(', ')
  throw postgresErrors.make(
    'postgres_transactions_partitioned',
    `whole transactions come from one partition, not from ${names}`,
    {
      details: { partitions: partitions.length },
    },
  )
}
