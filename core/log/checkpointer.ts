// The background of the journal: syncs segments one at a time, writes checkpoints, releases journal files.
//
// A pass: at a border between two frames the state of all partitions is taken (it is then what the frames below S
// amount to); every segment that is dirty is synced, names that are new are synced, frames below S are waited for, then
// the file operations that structural changes still owe; the checkpoint is written to the older slot; then
// journal files that lie wholly below S may be reused. A crash anywhere before the slot is durable leaves the older
// checkpoint and the journal that it needs.

import { messageOf } from '../errors/tailrace-error.js'
import { runtimeErrors } from '../runtime/errors.js'
import type { World } from '../runtime/world.js'
import type { Recorder } from '../telemetry/recorder.js'
import { writeCheckpoint, type Checkpoint } from './checkpoint.js'
import type { Committer } from './committer.js'
import type { DataLayout } from './data-layout.js'
import { logErrors } from './errors.js'
import type { Journal } from './journal.js'
import type { TopicRecord } from './journal-entry.js'
import { nothingOwed } from './replay.js'
import type { PartitionLog, PartitionRecord } from './partition-log.js'
import type { Segment } from './segment.js'
import type { TailraceError } from '../errors/tailrace-error.js'

export interface CheckpointSource {
  topics(): readonly TopicRecord[]
  partitions(): Iterable<PartitionLog>
  nextProducerId(): number
  /** File operations that changes already staged still owe to the disk. */
  pendingFileWork(): readonly Promise<unknown>[]
}

export interface CheckpointerOptions {
  readonly world: World
  readonly layout: DataLayout
  readonly recorder: Recorder
  readonly hubId: string
  readonly leaderEpoch: number
  readonly journal: Journal
  readonly source: CheckpointSource
  /** The number of the checkpoint that the start wrote. */
  readonly lastNumber: number
  /** A checkpoint is written when nothing was appended for so long, and something is not covered. */
  readonly idleMs: number
  onFailure(error: TailraceError): void
}

interface Snapshot {
  /** The first frame that is not covered. */
  readonly sequence: number
  readonly journalBytes: number
  readonly topics: readonly TopicRecord[]
  readonly partitions: readonly PartitionRecord[]
  readonly nextProducerId: number
  /** The segments of these records and their lengths: what a swap put in a segment's place since is not covered. */
  readonly covered: ReadonlyMap<Segment, number>
  readonly dirty: readonly { readonly segment: Segment; readonly bytes: number }[]
  readonly renamed: readonly PartitionLog[]
  readonly fileWork: readonly Promise<unknown>[]
}

export class Checkpointer {
  readonly #options: CheckpointerOptions
  #committer: Committer | undefined
  #number: number
  /** Lowest sequence that the newest checkpoint does not cover. */
  #coveredSequence: number
  /** Of the bytes that the journal has written since the start, those that a replay would not need. */
  coveredJournalBytes = 0
  #snapshotWanted: ((snapshot: Snapshot | undefined) => void) | undefined
  /**
   * Taken at the first border in a second file while a pass was running. A pass that began later would wait for the
   * next border, and that one perhaps for a journal file, which nothing but the pass can release.
   */
  #kept: Snapshot | undefined
  #dirtyQueue = new Set<Segment>()
  #passWanted = false
  #isRunning: Promise<void> | undefined
  #idleTimer: { cancel(): void } | undefined
  #isClosed = false
  /** What memory holds may be half of a change: no checkpoint may be made of it. */
  #isStopped = false
  #passWaiters: (() => void)[] = []
  /** What each segment's checkpointed length is, for whoever may only touch what lies below the checkpoint. */
  #coveredBytes: ReadonlyMap<Segment, number> = new Map()

  constructor(options: CheckpointerOptions, coveredSequence: number) {
    this.#options = options
    this.#number = options.lastNumber
    this.#coveredSequence = coveredSequence
  }

  attach(committer: Committer): void {
    this.#committer = committer
  }

  get coveredSequence(): number {
    return this.#coveredSequence
  }

  /** Does the newest checkpoint cover the whole segment? Only then may it be cleaned or removed. */
  covers(segment: Segment): boolean {
    return this.#coveredBytes.get(segment) === segment.bytes
  }

  /** What the recovery's checkpoint covers. */
  coverAll(partitions: Iterable<PartitionLog>): void {
    this.#coveredBytes = lengthsOf(partitions)
  }

  /** The segment has much that is not synced. */
  noteDirty(segment: Segment): void {
    this.#dirtyQueue.add(segment)
    this.#start()
  }

  /** Called by the committer between two frames. */
  noteSeal(nextSequence: number): void {
    const take = this.#snapshotWanted
    if (take !== undefined) {
      this.#snapshotWanted = undefined
      take(this.#snapshot(nextSequence))
    } else if (this.#options.journal.usedFileCount >= 2 && this.#isRunning !== undefined) {
      this.#kept ??= this.#snapshot(nextSequence)
    }
    if (this.#options.journal.usedFileCount >= 2) this.#wantPass()
    else this.#armIdleTimer()
  }

  /** Writes a checkpoint that covers everything staged before the call. */
  async checkpoint(): Promise<void> {
    const done = new Promise<void>((resolve) => this.#passWaiters.push(resolve))
    this.#wantPass()
    await done
  }

  /** The log failed: no checkpoint is written any more. */
  stop(): void {
    this.#isClosed = true
    this.#isStopped = true
    this.#idleTimer?.cancel()
    this.#snapshotWanted?.(undefined)
  }

  /** The last checkpoint, which leaves nothing to replay; after the committer was closed. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#idleTimer?.cancel()
    await this.#isRunning
  }

  async writeCleanCheckpoint(): Promise<void> {
    const snapshot = this.#snapshot(this.#needCommitter().nextSequence)
    await this.#complete(snapshot, true)
  }

  #needCommitter(): Committer {
    if (this.#committer === undefined) throw logErrors.make('log_closed', 'the log is not open yet')
    return this.#committer
  }

  #wantPass(): void {
    this.#passWanted = true
    this.#start()
  }

  #armIdleTimer(): void {
    this.#idleTimer ??= this.#options.world.clock.after(this.#options.idleMs, () => {
      this.#idleTimer = undefined
      if (!this.#isClosed && this.#needCommitter().nextSequence > this.#coveredSequence) this.#wantPass()
    })
  }

  #start(): void {
    if (this.#isRunning !== undefined || this.#isClosed) return
    this.#isRunning = this.#run()
      .catch((error: unknown) => {
        if (isWaitedOut(error)) {
          this.#armIdleTimer()
          return
        }
        const message = `a segment or checkpoint could not be synced: ${messageOf(error)}`
        this.#options.onFailure(logErrors.make('sync_failed', message, { cause: error }))
      })
      .finally(() => {
        this.#isRunning = undefined
        for (const wake of this.#passWaiters.splice(0)) wake()
      })
  }

  async #run(): Promise<void> {
    while (!this.#isClosed) {
      const [segment] = this.#dirtyQueue
      if (this.#passWanted) await this.#pass()
      else if (segment !== undefined) {
        this.#dirtyQueue.delete(segment)
        await syncUnlessGone(segment)
      } else return
    }
  }

  async #pass(): Promise<void> {
    this.#passWanted = false
    const kept = this.#kept
    this.#kept = undefined
    const waiters = kept === undefined ? this.#passWaiters.splice(0) : []
    const startedMs = this.#options.world.clock.monotonicMs()
    try {
      const snapshot = kept ?? (await this.#takeSnapshot())
      if (snapshot === undefined) return
      await this.#complete(snapshot, false)
      const { recorder, world, journal } = this.#options
      recorder.observe('tailrace_checkpoint_seconds', {}, (world.clock.monotonicMs() - startedMs) / 1000)
      recorder.gauge('tailrace_journal_used_files', {}, journal.usedFileCount)
    } finally {
      for (const wake of waiters) wake()
    }
    if (this.#passWaiters.length > 0) this.#passWanted = true
  }

  /** At once when nothing is staged, else when the open frame is sealed. */
  async #takeSnapshot(): Promise<Snapshot | undefined> {
    const committer = this.#needCommitter()
    if (committer.isOpenFrameEmpty) return this.#snapshot(committer.nextSequence)
    committer.expediteSeal()
    return new Promise((resolve) => {
      this.#snapshotWanted = resolve
    })
  }

  #snapshot(nextSequence: number): Snapshot {
    const { source, journal, world } = this.#options
    const partitions: PartitionRecord[] = []
    const dirty: { segment: Segment; bytes: number }[] = []
    const renamed: PartitionLog[] = []
    const monotonicMs = world.clock.monotonicMs()
    for (const log of source.partitions()) {
      partitions.push(log.record(monotonicMs))
      for (const segment of log.segments) if (segment.isDirty) dirty.push({ segment, bytes: segment.bytes })
      if (log.hasUnsyncedNames) renamed.push(log)
    }
    const covered = lengthsOf(source.partitions())
    journal.watchPlace(nextSequence)
    return {
      sequence: nextSequence,
      journalBytes: journal.writtenBytes,
      topics: source.topics(),
      partitions,
      nextProducerId: source.nextProducerId(),
      covered,
      dirty,
      renamed,
      fileWork: source.pendingFileWork(),
    }
  }

  async #complete(snapshot: Snapshot, clean: boolean): Promise<void> {
    const { world, layout, hubId, leaderEpoch, journal } = this.#options
    for (const { segment, bytes } of snapshot.dirty) {
      this.#dirtyQueue.delete(segment)
      if (segment.syncedBytes < bytes) await syncUnlessGone(segment)
    }
    for (const log of snapshot.renamed) {
      log.hasUnsyncedNames = false
      await world.files.syncDirectory(log.directory).catch((error: unknown) => {
        log.hasUnsyncedNames = true
        if (!log.isRemoved) throw error
      })
    }
    const committer = this.#needCommitter()
    // Before the file work, which waits for its frames: only what is awaited here may use the journal's last files.
    if (!clean) await committer.awaitDurable(snapshot.sequence)
    await Promise.all(snapshot.fileWork)
    if (this.#isStopped) return
    const checkpoint: Checkpoint = {
      // Counted when it is durable: what is tried again goes to the same slot, never over the newest one.
      number: this.#number + 1,
      hubId,
      replay: journal.watchedPlace(snapshot.sequence),
      durable: committer.durableSequence,
      leaderEpoch,
      clean,
      topics: snapshot.topics,
      partitions: snapshot.partitions,
      nextProducerId: snapshot.nextProducerId,
      owed: nothingOwed,
    }
    await writeCheckpoint(world.files, layout, checkpoint)
    this.#number = checkpoint.number
    journal.checkpointNumber = checkpoint.number
    this.#coveredSequence = snapshot.sequence
    this.coveredJournalBytes = snapshot.journalBytes
    this.#coveredBytes = snapshot.covered
    committer.releaseJournal(checkpoint.replay)
  }
}

/** A full disk, or too many open files, met before anything was synced: the pass is made again. Failed syncs are final. */
function isWaitedOut(error: unknown): boolean {
  if (runtimeErrors.is(error, 'too_many_files')) return true
  return runtimeErrors.is(error, 'disk_full') && !/sync/i.test(String(error.details['operation']))
}

function lengthsOf(logs: Iterable<PartitionLog>): ReadonlyMap<Segment, number> {
  const lengths = new Map<Segment, number>()
  for (const log of logs) for (const segment of log.segments) lengths.set(segment, segment.bytes)
  return lengths
}

/**
 * A segment that was removed is synced all the same as long as its file is there: the entry that removed it may not be
 * durable yet, and without it the checkpoint speaks of these bytes. Its file goes only after the entry is.
 */
async function syncUnlessGone(segment: Segment): Promise<void> {
  try {
    await segment.sync()
  } catch (error) {
    if (!segment.isGone || !runtimeErrors.is(error, 'not_found')) throw error
  }
}
