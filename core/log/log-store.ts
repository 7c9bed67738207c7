// The log on disk as one thing: opens (or makes) a data directory, holds the catalogue of topics and their partitions,
// and owns the committer, the checkpointer and the disk guard. core/engine/embedded puts the engine's contract on it.

import { messageOf, TailraceError } from '../errors/tailrace-error.js'
import { present } from '../errors/invariant.js'
import { firstProducerId, ProducerRoom, ProducerTable } from '../record/producer-table.js'
import { dirname } from 'node:path'
import { runtimeErrors } from '../runtime/errors.js'
import type { Files } from '../runtime/files.js'
import type { World } from '../runtime/world.js'
import type { Logger } from '../telemetry/logger.js'
import type { Recorder } from '../telemetry/recorder.js'
import { Checkpointer } from './checkpointer.js'
import { writeCheckpoint } from './checkpoint.js'
import { Committer, type CommitRequest, type CommittedBatch } from './committer.js'
import { DataLayout, formatVersion } from './data-layout.js'
import { DescriptorCache } from './descriptor-cache.js'
import { DiskGuard } from './disk-guard.js'
import { readIdentity, writeIdentity } from './identity.js'
import { logErrors } from './errors.js'
import { Journal, type JournalLimits } from './journal.js'
import type { LogChange, TopicRecord } from './journal-entry.js'
import { moveAside, removeDirectoryTree } from './partition-files.js'
import { PartitionLog, type PartitionRecord, type PartitionSettings } from './partition-log.js'
import { recover } from './recovery.js'
import { nothingOwed } from './replay.js'
import { partitionKey } from './replay.js'

/** Between two attempts at changes of files that a full disk refuses. */
const retryFileWorkMs = 1000

export interface LogStoreOptions {
  readonly directory: string
  readonly world: World
  readonly logger: Logger
  readonly recorder: Recorder
  readonly journal: JournalLimits
  readonly reserveBytes: number
  readonly budgetBytes: number
  readonly trickleBytes: number
  readonly idleCheckpointMs: number
  readonly acceptsLoss: boolean
  partitionSettings(topic: TopicRecord): PartitionSettings
  onVisible(logs: Iterable<PartitionLog>): void
  onFailure(error: TailraceError): void
  explain(error: unknown): unknown
}

export class LogStore {
  readonly hubId: string
  readonly leaderEpoch: number
  readonly layout: DataLayout
  readonly recoveryMs: number
  readonly #options: LogStoreOptions
  readonly #topics: Map<string, TopicRecord>
  readonly #partitions = new Map<string, PartitionLog>()
  readonly #descriptors = new DescriptorCache()
  readonly #committer: Committer
  readonly #checkpointer: Checkpointer
  readonly #guard: DiskGuard
  readonly #journal: Journal
  readonly #producerRoom = new ProducerRoom()
  #nextProducerId: number
  readonly #fileWork = new Set<Promise<unknown>>()
  #failure: TailraceError | undefined
  #closing: Promise<void> | undefined
  #isClosing = false

  private constructor(options: LogStoreOptions, opened: OpenedDirectory) {
    this.#options = options
    this.hubId = opened.hubId
    this.leaderEpoch = opened.leaderEpoch
    this.layout = opened.layout
    this.recoveryMs = opened.recoveryMs
    this.#journal = opened.journal
    this.#nextProducerId = opened.nextProducerId
    this.#topics = new Map(opened.topics.map((topic) => [topic.id, topic]))
    for (const record of opened.partitions) {
      const topic = present(this.#topics.get(record.topicId), `topic ${record.topicId}`)
      this.#partitions.set(partitionKey(record.topicId, record.partition), this.#partitionLog(topic, record))
    }
    const { world, recorder } = options
    this.#guard = new DiskGuard({
      world,
      layout: this.layout,
      reserveBytes: options.reserveBytes,
      pendingBytes: () => this.#pendingBytes(),
      budgetBytes: options.budgetBytes,
      usedBytes: () => this.segmentBytes(),
    })
    this.#checkpointer = new Checkpointer(
      {
        world,
        layout: this.layout,
        recorder,
        hubId: this.hubId,
        leaderEpoch: opened.leaderEpoch,
        journal: this.#journal,
        source: {
          topics: () => [...this.#topics.values()],
          partitions: () => this.#partitions.values(),
          nextProducerId: () => this.#nextProducerId,
          pendingFileWork: () => [...this.#fileWork],
        },
        lastNumber: opened.checkpointNumber,
        idleMs: options.idleCheckpointMs,
        onFailure: (error) => this.#fail(error),
      },
      opened.nextSequence,
    )
    this.#checkpointer.coverAll(this.#partitions.values())
    this.#committer = new Committer({
      journal: this.#journal,
      clock: world.clock,
      recorder,
      guard: this.#guard,
      leaderEpoch: opened.leaderEpoch,
      firstSequence: opened.nextSequence,
      trickleBytes: options.trickleBytes,
      onDirty: (segment) => this.#checkpointer.noteDirty(segment),
      onSeal: (sequence) => this.#checkpointer.noteSeal(sequence),
      onVisible: options.onVisible,
      onFailure: (error) => this.#fail(error),
      explain: options.explain,
    })
    this.#checkpointer.attach(this.#committer)
  }

  /** Opens the directory, recovering what a crash left; makes it when it is new. The caller owns the directory. */
  static async open(options: LogStoreOptions): Promise<LogStore> {
    const opened = await openDirectory(options)
    const store = new LogStore(options, opened)
    await store.#guard.start()
    return store
  }

  topics(): readonly TopicRecord[] {
    return [...this.#topics.values()]
  }

  topicNamed(name: string): TopicRecord | undefined {
    for (const topic of this.#topics.values()) if (topic.name === name) return topic
    return undefined
  }

  partition(topicId: string, partition: number): PartitionLog | undefined {
    return this.#partitions.get(partitionKey(topicId, partition))
  }

  partitions(): Iterable<PartitionLog> {
    return this.#partitions.values()
  }

  submit(request: CommitRequest): Promise<readonly CommittedBatch[]> {
    return this.#committer.submit(request)
  }

  barrier(): Promise<void> {
    return this.#committer.barrier()
  }

  checkpoint(): Promise<void> {
    return this.#checkpointer.checkpoint()
  }

  covers: Checkpointer['covers'] = (segment) => this.#checkpointer.covers(segment)

  refusal(): TailraceError | undefined {
    return this.#guard.refusal('client')
  }

  freeBytes(): Promise<number> {
    return this.#guard.freeBytes()
  }

  segmentBytes(): number {
    let sum = 0
    for (const log of this.#partitions.values()) sum += log.sizeBytes
    return sum
  }

  journalBytes(): number {
    return this.#journal.fileCount * this.#options.journal.fileBytes
  }

  /** Makes the directories, durable, then commits the entry that names them. */
  async createTopic(topic: TopicRecord): Promise<void> {
    await this.#makeDirectories(topic, 0)
    await this.#commitTopic({ type: 'topic-created', topic }, 0)
  }

  /** Other settings, or more partitions. */
  async alterTopic(topic: TopicRecord): Promise<void> {
    const before = present(this.#topics.get(topic.id), `topic ${topic.name}`)
    await this.#makeDirectories(topic, before.partitions)
    await this.#commitTopic({ type: 'topic-altered', topic }, before.partitions)
  }

  /** Partitions are opened before the commit: what follows its place in the journal must not fail. */
  async #commitTopic(change: LogChange & { readonly topic: TopicRecord }, fromPartition: number): Promise<void> {
    const { topic } = change
    const made: PartitionLog[] = []
    try {
      for (let partition = fromPartition; partition < topic.partitions; partition++) {
        const record = { topicId: topic.id, partition, logStartOffset: 0, nextOffset: 0, segments: [], producers: [] }
        made.push(this.#partitionLog(topic, record))
      }
      await this.commitChange(change, () => this.#adoptTopic(topic, made))
    } catch (error) {
      for (const log of made) await log.close()
      throw error
    }
  }

  /** The entry is durable before the first file goes. */
  async deleteTopic(topic: TopicRecord): Promise<void> {
    const removed: PartitionLog[] = []
    const change: LogChange = { type: 'topic-deleted', topicId: topic.id }
    await this.commitChange(
      change,
      () => {
        this.#topics.delete(topic.id)
        for (let partition = 0; partition < topic.partitions; partition++) {
          const log = this.partition(topic.id, partition)
          if (log === undefined) continue
          log.remove()
          removed.push(log)
          this.#partitions.delete(partitionKey(topic.id, partition))
        }
        this.#options.onVisible(removed)
      },
      async () => {
        for (const log of removed) await this.#removeFiles(log)
      },
    )
  }

  /**
   * Commits a change; `apply` runs at its place in the order of the journal, `fileWork` once it is durable. A checkpoint
   * that covers the change waits for its file work.
   */
  async commitChange(change: LogChange, apply: () => void, fileWork?: () => Promise<void>): Promise<void> {
    let workDone: Promise<unknown> = Promise.resolve()
    let noteDurable: (() => void) | undefined
    let noteLost: ((error: unknown) => void) | undefined
    const committed = this.#committer.submit({
      batches: [],
      changes: [
        {
          change,
          apply: () => {
            apply()
            if (fileWork === undefined) return
            const durable = new Promise<void>((resolve, reject) => {
              noteDurable = resolve
              noteLost = reject
            })
            workDone = durable.then(() => this.#carryOut(fileWork))
            this.#fileWork.add(workDone)
            const done = (): void => void this.#fileWork.delete(workDone)
            workDone.then(done, done)
          },
        },
      ],
      kind: 'internal',
      needsSync: true,
      flushMs: 0,
      onDurable: () => noteDurable?.(),
    })
    await committed.catch((error: unknown) => {
      noteLost?.(error)
      throw error
    })
    await workDone
  }

  /**
   * What a durable entry promised of the files. A checkpoint that covers the entry waits for it, since recovery would
   * not do it again: a full disk is waited out, whatever else fails stops the log, and the next start does it.
   */
  async #carryOut(fileWork: () => Promise<void>): Promise<void> {
    for (;;) {
      try {
        await fileWork()
        return
      } catch (error) {
        const isTimed = error instanceof TailraceError && error.retry === 'timed' && !this.#isClosing
        if (!isTimed) {
          const message = `a change of files that the journal holds failed: ${messageOf(error)}`
          this.#fail(logErrors.make('sync_failed', message, { cause: error }))
          throw error
        }
        await this.#options.world.clock.sleep(retryFileWorkMs)
      }
    }
  }

  /** No producer was given this id or a higher one. */
  get nextProducerId(): number {
    return this.#nextProducerId
  }

  /** The first of so many producer ids that nobody was given before; durable when it resolves. One call at a time. */
  async reserveProducerIds(count: number): Promise<number> {
    const first = this.#nextProducerId
    const nextProducerId = first + count
    await this.commitChange({ type: 'producer-ids-reserved', nextProducerId }, () => {
      this.#nextProducerId = nextProducerId
    })
    return first
  }

  /** Moves the log start; when it resolves, the move is durable. */
  async moveLogStart(log: PartitionLog, logStartOffset: number): Promise<void> {
    const { topicId, partition } = log.identity
    const change = { type: 'log-start-moved', topicId, partition, logStartOffset } as const
    await this.commitChange(change, () => void log.moveLogStart(logStartOffset))
    log.setDurableLogStart(logStartOffset)
  }

  /** Sweeps what retention or a moved log start left below it; only what the checkpoint covers. */
  async removeBelowStart(log: PartitionLog): Promise<number> {
    const dropped = log.dropBelowStart((segment) => this.#checkpointer.covers(segment))
    for (const segment of dropped) {
      await segment.close()
      for (const suffix of ['.log', '.index', '.timeindex']) {
        await this.#options.world.files.unlink(`${segment.stem}${suffix}`).catch(ignoreMissing)
      }
    }
    return dropped.length
  }

  /** From here on nothing waits for room on the disk: what a full one keeps from being done, the next start does. */
  beginClose(): void {
    this.#isClosing = true
  }

  /** Commits what was submitted, writes the last checkpoint, lets go of all files. Twice is fine. */
  close(): Promise<void> {
    this.beginClose()
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    await this.#committer.close()
    await this.#checkpointer.close()
    // After a failure, work that waits for its entry never comes.
    if (this.#failure === undefined) await Promise.allSettled(this.#fileWork)
    await this.#guard.close()
    if (this.#failure === undefined) await this.#closeClean()
    for (const log of this.#partitions.values()) await log.close()
    await this.#journal.close()
  }

  /** Everything is in the journal: without the checkpoint, the next start replays it. */
  async #closeClean(): Promise<void> {
    try {
      await this.#checkpointer.writeCleanCheckpoint()
    } catch (error) {
      this.#options.logger.warn('closed without a last checkpoint', { error: messageOf(error) })
    }
  }

  #fail(error: TailraceError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#committer.stop(error)
    this.#checkpointer.stop()
    this.#options.onFailure(error)
  }

  #pendingBytes(): number {
    return this.#journal.writtenBytes - this.#checkpointer.coveredJournalBytes
  }

  #adoptTopic(topic: TopicRecord, made: readonly PartitionLog[]): void {
    this.#topics.set(topic.id, topic)
    const settings = this.#options.partitionSettings(topic)
    for (const log of made) this.#partitions.set(partitionKey(topic.id, log.identity.partition), log)
    for (let partition = 0; partition < topic.partitions; partition++)
      present(this.partition(topic.id, partition), `partition ${partition} of ${topic.name}`).configure(settings)
  }

  #partitionLog(topic: TopicRecord, record: PartitionRecord): PartitionLog {
    const { world } = this.#options
    return new PartitionLog(
      { topicId: topic.id, topic: topic.name, partition: record.partition },
      {
        files: world.files,
        descriptors: this.#descriptors,
        directory: this.layout.partitionDirectory(topic.name, record.partition),
      },
      {
        record,
        settings: this.#options.partitionSettings(topic),
        nowMs: world.clock.now(),
        producers: new ProducerTable(this.#producerRoom, record.producers, world.clock.monotonicMs()),
      },
    )
  }

  async #makeDirectories(topic: TopicRecord, fromPartition: number): Promise<void> {
    const { files } = this.#options.world
    for (let partition = fromPartition; partition < topic.partitions; partition++) {
      const directory = this.layout.partitionDirectory(topic.name, partition)
      // Left behind by a creation that was cut off; whatever it holds, nobody was told of it.
      if ((await files.stat(directory)) !== undefined)
        await moveAside(files, this.layout, directory, `${topic.name}-${partition}`)
      await files.makeDirectory(directory)
      await files.syncDirectory(directory)
    }
    await files.syncDirectory(this.layout.topicsDirectory)
  }

  async #removeFiles(log: PartitionLog): Promise<void> {
    const { files } = this.#options.world
    await log.close()
    const { topic, topicId, partition } = log.identity
    const target = this.layout.removedDirectory(topic, partition, topicId)
    // It may be the second attempt.
    if ((await files.stat(log.directory)) !== undefined) await files.rename(log.directory, target)
    await files.syncDirectory(this.layout.topicsDirectory)
    if ((await files.stat(target)) !== undefined) await removeDirectoryTree(files, target)
  }
}

function ignoreMissing(error: unknown): void {
  if ((error as Partial<TailraceError>).code !== 'not_found') throw error
}

interface OpenedDirectory {
  readonly hubId: string
  readonly layout: DataLayout
  readonly journal: Journal
  readonly topics: readonly TopicRecord[]
  readonly partitions: readonly PartitionRecord[]
  readonly nextProducerId: number
  readonly leaderEpoch: number
  readonly nextSequence: number
  readonly checkpointNumber: number
  readonly recoveryMs: number
}

async function openDirectory(options: LogStoreOptions): Promise<OpenedDirectory> {
  const { world, logger, recorder } = options
  const layout = new DataLayout(options.directory)
  const identity = await readIdentity(world.files, layout)
  if (identity === undefined) return makeDirectory(options, layout)
  const startedMs = world.clock.monotonicMs()
  const { hubId } = identity
  const recovered = await recover({
    world,
    layout,
    logger,
    hubId,
    limits: options.journal,
    acceptsLoss: options.acceptsLoss,
  })
  const recoveryMs = world.clock.monotonicMs() - startedMs
  recorder.gauge('tailrace_recovery_seconds', {}, recoveryMs / 1000)
  const { journal, topics, partitions, leaderEpoch, checkpoint } = recovered
  return {
    hubId,
    layout,
    journal,
    topics,
    partitions,
    nextProducerId: checkpoint.nextProducerId,
    leaderEpoch,
    nextSequence: checkpoint.replay.sequence,
    checkpointNumber: checkpoint.number,
    recoveryMs,
  }
}

/** The directory and its parents may be new: their names must outlive what is written below them. */
async function syncAncestors(files: Files, path: string): Promise<void> {
  for (let below = path, at = dirname(path); at !== below; below = at, at = dirname(at)) {
    try {
      await files.syncDirectory(at)
    } catch (error) {
      // Where we may not even look, we made nothing.
      if (!runtimeErrors.is(error, 'denied')) throw error
    }
  }
}

async function makeDirectory(options: LogStoreOptions, layout: DataLayout): Promise<OpenedDirectory> {
  const { world } = options
  const { files, random, clock } = world
  const hubId = random.uuid()
  for (const directory of [layout.topicsDirectory, layout.journalDirectory]) await files.makeDirectory(directory)
  await syncAncestors(files, layout.root)
  const existing = (await files.list(layout.journalDirectory))
    .map((name) => Number.parseInt(name, 10))
    .filter(Number.isInteger)
  const journal = await Journal.start(
    { files, random, layout, hubId, limits: options.journal },
    { sequence: 1, existing, untouchable: [] },
  )
  await files.syncDirectory(layout.journalDirectory)
  journal.watchPlace(1)
  const checkpoint = {
    number: 1,
    hubId,
    replay: journal.watchedPlace(1),
    durable: 0,
    leaderEpoch: 0,
    clean: false,
    topics: [],
    partitions: [],
    nextProducerId: firstProducerId(hubId),
    owed: nothingOwed,
  }
  await writeCheckpoint(files, layout, checkpoint)
  journal.checkpointNumber = checkpoint.number
  await writeIdentity(files, layout, { format: formatVersion, hubId, createdAt: new Date(clock.now()).toISOString() })
  return {
    hubId,
    layout,
    journal,
    topics: [],
    partitions: [],
    nextProducerId: checkpoint.nextProducerId,
    leaderEpoch: 0,
    nextSequence: 1,
    checkpointNumber: 1,
    recoveryMs: 0,
  }
}
