// The source of a database's changes: first the rows that are there, then everything that happens to them.
//
// One loop, `read`, does both, one after the other: the stream begins when the last row of the snapshot is in the log.
// What the slot is confirmed to is only ever what `acknowledge` brought.

import type { SourceContext } from '../../../core/connector/context.js'
import type { RecordWriter, ResumePoint, Source } from '../../../core/connector/source.js'
import { invariant, present } from '../../../core/errors/invariant.js'
import type { DescribedRelation } from '../event/described-relation.js'
import { ChangeWriter } from '../event/change-writer.js'
import { Snapshot } from '../snapshot/snapshot.js'
import { TypeCatalog } from '../values/type-catalog.js'
import type { Session } from '../wire/connect.js'
import { formatLsn } from '../wire/lsn.js'
import { ReplicationStream } from '../wire/replication-stream.js'
import { ChangeStream } from './change-stream.js'
import { encodeOrigin, originKey } from './origin.js'
import { RelationBook } from './relation-book.js'
import { openSession } from './sessions.js'
import type { CdcSettings } from './settings.js'
import { SlotWatch } from './slot-watch.js'
import { type Start, start, streamingOrigin } from './start.js'
import { decodeStreamPoint, encodeStreamPoint, type StreamPoint, streamKey } from './stream-point.js'
import { TransactionSpool } from './transaction-spool.js'

/** A position that moved without records is worth an append this often. */
const restingRememberMs = 1000

export function create(settings: CdcSettings): Source {
  return new CdcSource(settings)
}

/** All parts that exist while the source is open. */
interface Parts {
  readonly context: SourceContext
  readonly session: Session
  readonly replication: Session
  readonly begin: Start
  readonly relations: RelationBook
  readonly changes: ChangeWriter
  readonly watch: SlotWatch
  /** Until the snapshot is in the log. */
  snapshot: Snapshot | undefined
  /** The snapshot that is in the log, to be closed. */
  ended: Snapshot | undefined
  /** From then on. */
  live: Live | undefined
}

interface SnapshotParts {
  readonly relations: RelationBook
  readonly changes: ChangeWriter
}

interface Live {
  readonly connection: ReplicationStream
  readonly stream: ChangeStream
}

export class CdcSource implements Source {
  readonly #settings: CdcSettings
  #parts: Parts | undefined
  #remembered: StreamPoint | undefined
  #rememberedAtMs = 0
  /** Tables of the snapshot that the schemas topic has not got yet. */
  readonly #unsaid: DescribedRelation[] = []
  /** The records that end the snapshot wait for room. */
  #isEndEncoded = false

  constructor(settings: CdcSettings) {
    this.#settings = settings
  }

  /** Errors: those of `connect` and `start`. */
  async open(context: SourceContext): Promise<void> {
    invariant(this.#parts === undefined, 'a source of changes was opened twice')
    const sessions: Session[] = []
    // To make a slot may take hours; whoever wants to stop meanwhile ends the sessions.
    const abandon = (): void => void closeAll(sessions)
    context.signal.addEventListener('abort', abandon)
    try {
      const session = await openSession(this.#settings, context, 'catalogs')
      sessions.push(session)
      const replication = await openSession(this.#settings, context, 'stream')
      sessions.push(replication)
      const parts = await this.#assemble(context, session, replication)
      this.#parts = parts
      if (context.signal.aborted) await this.close()
      context.signal.throwIfAborted()
    } catch (error) {
      await closeAll(sessions)
      throw error
    } finally {
      context.signal.removeEventListener('abort', abandon)
    }
  }

  /** Errors: postgres_slot_invalidated, and what breaks the connections. */
  async read(into: RecordWriter): Promise<'more' | 'idle'> {
    const parts = this.#open()
    parts.watch.tick(parts.live?.stream.point.lsn ?? parts.begin.point.lsn)
    if (parts.snapshot !== undefined) {
      if (!this.#describe(parts, into)) return 'more'
      const outcome = parts.snapshot.read(into)
      if (outcome === 'more' || outcome === 'idle') return outcome
      return this.#endSnapshot(parts, into)
    }
    const live = (parts.live ??= await this.#goLive(parts))
    const outcome = await live.stream.read(into)
    this.#remember(parts, live.stream, into)
    return outcome === 'full' ? 'more' : 'idle'
  }

  async wake(signal: AbortSignal): Promise<void> {
    const { snapshot, live } = this.#open()
    if (snapshot !== undefined) await snapshot.wake(signal)
    else await live?.connection.wait(signal)
  }

  /** What was acknowledged is fsynced: the server may forget the WAL before it. */
  acknowledge(points: ReadonlyMap<string, ResumePoint | undefined>): Promise<void> {
    const { live } = this.#open()
    const point = points.get(streamKey)
    if (point !== undefined) live?.connection.confirm(decodeStreamPoint(point).lsn)
    return Promise.resolve()
  }

  /** Closing twice is fine. */
  async close(): Promise<void> {
    const parts = this.#parts
    if (parts === undefined) return
    this.#parts = undefined
    parts.watch.close()
    await (parts.snapshot ?? parts.ended)?.close()
    await parts.live?.connection.close()
    await parts.replication.close()
    await parts.session.close()
  }

  async #assemble(context: SourceContext, session: Session, replication: Session): Promise<Parts> {
    const settings = this.#settings
    const begin = await start({ context, settings, session, replication })
    const { pipeline, connector, clock } = context
    const changes = new ChangeWriter({
      format: settings.format,
      name: `${pipeline}.${connector}`,
      database: begin.identity.database,
      messagesTo: settings.messages?.to,
      schemasTo: settings.schemas,
      hashKey: settings.hashKey,
      now: () => clock.now(),
    })
    const types = new TypeCatalog(session)
    const relations = new RelationBook({ session, types, changes, settings, context })
    for (const topic of [settings.schemas, settings.messages?.to]) {
      if (topic !== undefined) await context.ensureTopic(topic)
    }
    const { slot, heartbeat: heartbeatMs, limits } = settings
    const watch = new SlotWatch({ context, session, slot, heartbeatMs, alarmBytes: limits.retainedWal })
    const snapshot =
      begin.origin.phase === 'snapshot' ? await this.#openSnapshot(context, begin, { relations, changes }) : undefined
    return {
      context,
      session,
      replication,
      begin,
      relations,
      changes,
      watch,
      snapshot,
      ended: undefined,
      live: undefined,
    }
  }

  async #openSnapshot(context: SourceContext, begin: Start, parts: SnapshotParts): Promise<Snapshot> {
    const { relations, changes } = parts
    const { workers, range } = this.#settings.snapshot
    for (const table of begin.tables) this.#unsaid.push(await relations.describeTable(table))
    changes.beginSnapshot({ consistentPoint: begin.origin.lsn, timeMs: context.clock.now() })
    const options = {
      connect: () => openSession(this.#settings, context, 'snapshot'),
      tables: begin.tables,
      workers,
      rangeBytes: range,
      visibility: present(begin.origin.visibility, 'what the snapshot of the slot shows'),
      exportedName: begin.exportedSnapshot,
      state: context.state,
      changes,
      logger: context.logger,
      metrics: context.metrics,
      labels: { pipeline: context.pipeline, source: context.connector },
    }
    return Snapshot.open(options, context.signal)
  }

  async #goLive(parts: Parts): Promise<Live> {
    const { context, replication, begin, relations, changes } = parts
    await parts.ended?.close()
    parts.ended = undefined
    const { slot, publication, streaming, messages, limits } = this.#settings
    // First, as a stream that is open and has no owner would never be closed.
    const spool = new TransactionSpool(await context.spool(limits.spool))
    const connection = await ReplicationStream.open(replication, {
      slot,
      publication,
      startLsn: begin.point.lsn,
      streaming,
      messages: true,
      clock: context.clock,
    })
    const stream = new ChangeStream({
      stream: connection,
      spool,
      relations,
      changes,
      point: begin.point,
      messagePrefixes: new Set(messages?.prefixes ?? []),
      now: () => context.clock.now(),
    })
    context.logger.info('the stream of changes begins', { slot, lsn: formatLsn(begin.point.lsn) })
    return { connection, stream }
  }

  /** Puts the tables of the snapshot onto the schemas topic, before their rows; false when the writer is full. */
  #describe({ relations, begin }: Parts, into: RecordWriter): boolean {
    for (let described = this.#unsaid[0]; described !== undefined; described = this.#unsaid[0]) {
      if (!relations.say(described, begin.origin.lsn, into)) return false
      this.#unsaid.shift()
    }
    return true
  }

  /** The last rows are with the writer: with them goes what says that the snapshot is complete. */
  #endSnapshot(parts: Parts, into: RecordWriter): 'more' {
    const { changes, relations, begin, context } = parts
    if (!this.#isEndEncoded) changes.endSnapshot(relations.topics, parts.snapshot?.settledLsn)
    this.#isEndEncoded = !changes.flush(into, false)
    if (this.#isEndEncoded) return 'more'
    into.remember(originKey, encodeOrigin(streamingOrigin(begin.origin)))
    parts.snapshot?.forget(into)
    parts.ended = parts.snapshot
    parts.snapshot = undefined
    context.logger.info('the snapshot is complete', { tables: begin.tables.length })
    return 'more'
  }

  /** Binds the position to the records of this read; one that moved without records follows now and then. */
  #remember({ context }: Parts, stream: ChangeStream, into: RecordWriter): void {
    const { point } = stream
    const last = this.#remembered
    const nowMs = context.clock.monotonicMs()
    const isBound = stream.takeWritten()
    const isDue = stream.takeReplyWanted() || nowMs - this.#rememberedAtMs >= restingRememberMs
    const isMoved = last === undefined || point.lsn > last.lsn
    if (!isBound && !(isMoved && isDue)) return
    into.remember(streamKey, encodeStreamPoint(point))
    this.#remembered = point
    this.#rememberedAtMs = nowMs
  }

  #open(): Parts {
    return present(this.#parts, 'the parts of a source of changes that was opened')
  }
}

async function closeAll(sessions: readonly Session[]): Promise<void> {
  for (const session of sessions) await session.close()
}
