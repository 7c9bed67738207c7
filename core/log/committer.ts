// The group commit: what arrives in a turn of the event loop is staged into the open frame and its segments; while one
// frame is written and synced, the next one fills. An answer follows the sync that began after its frame's write.
//
// The order of durable effects: segments (unsynced), journal frame, sync, answer. A segment that refuses a write takes
// the whole turn back: its frame part, offsets and bytes; the journal never sees it. A failed sync stops everything.
//
// What became durable is counted at once, and answered when the next frame is on its way to the device, which would rest
// while answers are made and sent. For anything else (room in the journal, a frame to come) answers do not wait.

import { TailraceError, messageOf } from '../errors/tailrace-error.js'
import type { Clock } from '../runtime/clock.js'
import { runtimeErrors } from '../runtime/errors.js'
import type { Recorder } from '../telemetry/recorder.js'
import type { ReplayStart } from './checkpoint.js'
import type { DiskGuard } from './disk-guard.js'
import { logErrors } from './errors.js'
import { changeEntryBytes, batchEntryBytes, type LogChange } from './journal-entry.js'
import { FrameBuilder } from './frame-builder.js'
import { maxFrameBytes } from './frame.js'
import { frameLimitBytes, type Journal } from './journal.js'
import type { PartitionLog, Watermark } from './partition-log.js'
import type { Segment } from './segment.js'
import { isSequenced, Staging, type TakenBatches } from './staging.js'

export interface CommitBatch {
  readonly log: PartitionLog
  readonly batch: Uint8Array
}

/** A change and what it does to the state in memory, at its place in the order of the journal. */
export interface CommitChange {
  readonly change: LogChange
  apply(): void
}

export interface CommitRequest {
  readonly batches: readonly CommitBatch[]
  readonly changes: readonly CommitChange[]
  /** Internal ones may use the reserve. */
  readonly kind: 'client' | 'internal'
  /** False: answer after the write, sync within `flushMs`. */
  readonly needsSync: boolean
  readonly flushMs: number
  /** Asked when its turn comes, behind everything that was submitted before: why it may not be taken, if so. */
  readonly refusal?: (() => TailraceError | undefined) | undefined
  /** Runs once it is durable, in the order of the journal, before the answer. */
  onDurable?(): void
}

/** Where a batch went. */
export interface CommittedBatch {
  readonly topic: string
  readonly partition: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** -1 when the records keep their own time. */
  readonly appendTimeMs: number
}

/** Requests that came between two barriers; whoever waits at the later one is told when none is open. */
interface Wave {
  openCount: number
  readonly settled: (() => void)[]
}

/** A request on its way. */
export interface Ticket {
  readonly request: CommitRequest
  readonly entryBytes: number
  /** Producers numbered some of its batches. */
  readonly isSequenced: boolean
  /** Of a sequenced one, once it was judged. */
  taken: TakenBatches | undefined
  readonly placed: CommittedBatch[]
  readonly wave: Wave
  resolve(placed: readonly CommittedBatch[]): void
  reject(error: unknown): void
}

export interface CommitterOptions {
  readonly journal: Journal
  readonly clock: Clock
  readonly recorder: Recorder
  readonly guard: DiskGuard
  readonly leaderEpoch: number
  readonly firstSequence: number
  /** A segment has this much that is not synced: see to it in the background. */
  readonly trickleBytes: number
  onDirty(segment: Segment): void
  /** A frame is about to get its sequence; nothing behind it is staged yet. */
  onSeal(nextSequence: number): void
  /** Readers may see more of these partitions. */
  onVisible(logs: Iterable<PartitionLog>): void
  onFailure(error: TailraceError): void
  /** A refusal in the words of whoever is answered. */
  explain(error: unknown): unknown
}

interface OpenFrame {
  readonly builder: FrameBuilder
  readonly tickets: Ticket[]
  readonly touched: Set<PartitionLog>
}

interface WrittenFrame {
  readonly sequence: number
  readonly tickets: readonly Ticket[]
  readonly places: readonly (readonly [PartitionLog, Watermark])[]
  /** All of its requests wanted an answer after the write, and got it. */
  readonly answered: boolean
}

/** From four fifths of the journal's files on, appends are slowed by up to this. */
const slowestMs = 20
/** How often a journal that needs a file tries to make one on a full disk. */
const fullDiskRetryMs = 200

export class Committer {
  readonly #options: CommitterOptions
  readonly #frameLimit: number
  #open: OpenFrame
  #spare: OpenFrame
  #arrivals: Ticket[] = []
  #isTurnDue = false
  #isCommitting = false
  #nextSequence: number
  #durableSequence: number
  /** Written, not synced. */
  #unsynced: WrittenFrame[] = []
  /** Durable, and not answered yet; with the partitions in which readers may see more. */
  #durable: { readonly tickets: Ticket[]; readonly logs: Set<PartitionLog> } = { tickets: [], logs: new Set() }
  #isFlushDue = false
  #flushTimer: { readonly dueMs: number; cancel(): void } | undefined
  #stopped: TailraceError | undefined
  #roomWaiters: (() => void)[] = []
  /** Frames below this may use the journal's last file: a checkpoint waits for them. */
  #awaitedSequence = 0
  #wave: Wave = { openCount: 0, settled: [] }
  /** They repeat batches of frames that are under way, and are answered with these. */
  #repetitions: Ticket[] = []
  /** Waves that a barrier closed and that are not settled. */
  readonly #closedWaves = new Set<Wave>()

  constructor(options: CommitterOptions) {
    this.#options = options
    this.#frameLimit = frameLimitBytes(options.journal.limits, maxFrameBytes)
    this.#open = this.#newFrame()
    this.#spare = this.#newFrame()
    this.#nextSequence = options.firstSequence
    this.#durableSequence = options.firstSequence - 1
  }

  /** The highest sequence whose frame is known to be on the device. */
  get durableSequence(): number {
    return this.#durableSequence
  }

  get nextSequence(): number {
    return this.#nextSequence
  }

  /** Nothing is staged that has no sequence yet. */
  get isOpenFrameEmpty(): boolean {
    return this.#open.builder.isEmpty
  }

  submit(request: CommitRequest): Promise<readonly CommittedBatch[]> {
    if (this.#stopped !== undefined) return Promise.reject(this.#options.explain(this.#stopped))
    return new Promise<readonly CommittedBatch[]>((resolve, reject) => {
      this.#wave.openCount++
      this.#arrivals.push({
        request,
        entryBytes: entryBytesOf(request),
        isSequenced: hasSequences(request),
        taken: undefined,
        placed: [],
        wave: this.#wave,
        resolve,
        reject,
      })
      this.#scheduleTurn()
    })
  }

  /** Resolves when everything submitted before has settled. */
  async barrier(): Promise<void> {
    if (this.#wave.openCount > 0) {
      this.#closedWaves.add(this.#wave)
      this.#wave = { openCount: 0, settled: [] }
    }
    await Promise.all(
      Array.from(this.#closedWaves, (wave) => new Promise<void>((resolve) => wave.settled.push(resolve))),
    )
  }

  /** A checkpoint needs all frames below `sequence` to be durable; resolves when they are. */
  async awaitDurable(sequence: number): Promise<void> {
    this.#awaitedSequence = Math.max(this.#awaitedSequence, sequence)
    this.#wakeRoomWaiters()
    while (this.#durableSequence < sequence - 1) {
      if (this.#stopped !== undefined) throw this.#stopped
      this.#isFlushDue = true
      this.#startCommitting()
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
    }
  }

  /** A checkpoint wants the open frame to be sealed: neither it nor the one before waits for a journal file. */
  expediteSeal(): void {
    this.#awaitedSequence = Math.max(this.#awaitedSequence, this.#nextSequence + 1)
    this.#wakeRoomWaiters()
  }

  /** A checkpoint that begins there is durable: it releases journal files. */
  releaseJournal(replay: ReplayStart): void {
    this.#options.journal.release(replay)
    this.#wakeRoomWaiters()
  }

  /** Refuses what comes from now on, and what waits; nothing durable is touched. */
  stop(error: TailraceError): void {
    if (this.#stopped !== undefined) return
    this.#answerDurable()
    this.#stopped = error
    this.#flushTimer?.cancel()
    const waiting = [
      ...this.#arrivals,
      ...this.#open.tickets,
      ...this.#spare.tickets,
      ...this.#unsynced.flatMap((frame) => frame.tickets),
      ...this.#repetitions,
    ]
    this.#arrivals = []
    this.#repetitions = []
    for (const ticket of waiting) this.#reject(ticket, error)
    this.#wakeRoomWaiters()
  }

  /** Commits what was submitted, syncs, and refuses the rest with log_closed. */
  async close(): Promise<void> {
    await this.barrier()
    if (this.#stopped === undefined) await this.awaitDurable(this.#nextSequence)
    this.stop(logErrors.make('log_closed', 'the log was closed'))
  }

  #newFrame(): OpenFrame {
    return { builder: new FrameBuilder(this.#frameLimit), tickets: [], touched: new Set() }
  }

  #scheduleTurn(): void {
    if (this.#isTurnDue) return
    this.#isTurnDue = true
    this.#options.clock.soon(() => this.#turn())
  }

  /** Stages what arrived, as far as the open frame has room. */
  #turn(): void {
    this.#isTurnDue = false
    if (this.#stopped !== undefined) return
    let taken = 0
    while (taken < this.#arrivals.length) {
      const count = this.#stageGroup(taken)
      if (count === 0) break
      taken += count
    }
    this.#arrivals.splice(0, taken)
    this.#startCommitting()
  }

  /** Stages the tickets from `from` on that form one group: all batches up to a change, or one change. */
  #stageGroup(from: number): number {
    const staging = new Staging(this.#open.builder, {
      nowMs: this.#options.clock.now(),
      monotonicMs: this.#options.clock.monotonicMs(),
      leaderEpoch: this.#options.leaderEpoch,
    })
    const group: Ticket[] = []
    let count = 0
    const refusals = {
      client: this.#options.guard.refusal('client'),
      internal: this.#options.guard.refusal('internal'),
    }
    try {
      for (let index = from; index < this.#arrivals.length; index++) {
        const ticket = this.#arrivals[index]
        if (ticket === undefined || !this.#open.builder.fits(ticket.entryBytes)) break
        const isChange = ticket.request.changes.length > 0
        if (isChange && group.length > 0) break
        count++
        const notWanted = removedError(ticket) ?? ticket.request.refusal?.()
        const noRoom = refusals[ticket.request.kind]
        if (ticket.isSequenced && noRoom !== undefined && notWanted === undefined) staging.refuse(ticket)
        const refusal = notWanted ?? noRoom ?? (ticket.isSequenced ? staging.judge(ticket) : undefined)
        if (refusal !== undefined) {
          this.#refuse(ticket, refusal)
          continue
        }
        group.push(ticket)
        staging.add(ticket)
        if (isChange) break
      }
      staging.writeSegments()
    } catch (error) {
      this.#takeBack(staging, group, error)
      return count
    }
    this.#adopt(staging, group)
    return count
  }

  #refuse(ticket: Ticket, error: unknown): void {
    const code = error instanceof TailraceError ? error.code : 'unknown'
    this.#options.recorder.count('tailrace_log_refused_total', { code })
    this.#reject(ticket, error)
  }

  #resolve(ticket: Ticket): void {
    ticket.resolve(ticket.placed)
    settle(ticket.wave, this.#closedWaves)
  }

  #reject(ticket: Ticket, error: unknown): void {
    ticket.reject(this.#options.explain(error))
    settle(ticket.wave, this.#closedWaves)
  }

  #takeBack(staging: Staging, group: readonly Ticket[], error: unknown): void {
    try {
      staging.takeBack()
    } catch (failure) {
      this.#fail(failure)
      return
    }
    if (runtimeErrors.is(error, 'disk_full')) void this.#options.guard.meetFullDisk()
    for (const ticket of group) this.#refuse(ticket, error)
  }

  #adopt(staging: Staging, group: readonly Ticket[]): void {
    if (this.#open.builder.isEmpty) {
      // Nothing but repetitions: no frame of their own would tell when they may be answered.
      this.#repetitions.push(...group)
      this.#answerRepetitions()
      if (this.#repetitions.some(({ request }) => request.needsSync)) this.#isFlushDue = true
      return
    }
    for (const ticket of group) {
      for (const { apply } of ticket.request.changes) apply()
      this.#open.tickets.push(ticket)
    }
    this.#options.guard.count(2 * staging.stagedBytes)
    for (const log of staging.touchedLogs()) this.#open.touched.add(log)
    for (const segment of staging.touchedSegments()) {
      if (segment.bytes - segment.syncedBytes >= this.#options.trickleBytes) this.#options.onDirty(segment)
    }
  }

  #startCommitting(): void {
    if (this.#isCommitting || this.#stopped !== undefined) return
    if (this.#open.builder.isEmpty && !this.#isFlushDue) return
    this.#isCommitting = true
    void this.#commitAll()
  }

  async #commitAll(): Promise<void> {
    try {
      while (this.#stopped === undefined) {
        if (!this.#open.builder.isEmpty) await this.#commit()
        else if (this.#isFlushDue) await this.#sync()
        else break
      }
      this.#answerDurable()
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#isCommitting = false
    }
    if (this.#arrivals.length > 0) this.#scheduleTurn()
  }

  async #commit(): Promise<void> {
    const frame = this.#open
    const sequence = this.#nextSequence++
    this.#open = this.#spare
    this.#spare = frame
    const places = Array.from(frame.touched, (log) => [log, log.tail()] as const)
    this.#options.onSeal(this.#nextSequence)
    if (this.#arrivals.length > 0) this.#scheduleTurn()
    const { journal, clock } = this.#options
    if (this.#isFull(frame)) {
      this.#answerDurable()
      await this.#makeRoom(frame, sequence)
    }
    const bytes = frame.builder.seal({
      epoch: journal.epoch,
      sequence,
      durable: this.#durableSequence,
      checkpoint: journal.checkpointNumber,
      sealedAtMs: clock.now(),
    })
    const written = journal.write(bytes, sequence)
    if (!journal.writesAtOnce(bytes.length)) this.#answerDurable()
    await written
    const tickets = [...frame.tickets]
    frame.builder.reset()
    frame.tickets.length = 0
    frame.touched.clear()
    const answered = !this.#isFlushDue && !tickets.some((ticket) => ticket.request.needsSync)
    this.#unsynced.push({ sequence, tickets, places, answered })
    // What a sync follows at once is shown behind it: no transaction is seen to end that a loss of power takes back.
    if (answered) {
      this.#answerDurable()
      this.#answerWritten(tickets, places)
    } else await this.#sync()
  }

  /** Those whose batches are durable, or written where that is enough. */
  #answerRepetitions(): void {
    if (this.#repetitions.length === 0) return
    const waiting: Ticket[] = []
    for (const ticket of this.#repetitions) {
      if (isThere(ticket)) this.#resolve(ticket)
      else waiting.push(ticket)
    }
    this.#repetitions = waiting
  }

  #answerWritten(tickets: readonly Ticket[], places: WrittenFrame['places']): void {
    for (const [log, place] of places) log.setWritten(place)
    let flushMs = Number.POSITIVE_INFINITY
    for (const ticket of tickets) {
      flushMs = Math.min(flushMs, ticket.request.flushMs)
      this.#resolve(ticket)
    }
    this.#answerRepetitions()
    this.#options.onVisible(places.map(([log]) => log))
    this.#flushWithin(flushMs)
  }

  /** What is written is synced by then; an earlier time takes the place of a later one. */
  #flushWithin(flushMs: number): void {
    const { clock } = this.#options
    const dueMs = clock.monotonicMs() + flushMs
    if (this.#flushTimer !== undefined && this.#flushTimer.dueMs <= dueMs) return
    this.#flushTimer?.cancel()
    const timer = clock.after(flushMs, () => {
      this.#isFlushDue = true
      this.#startCommitting()
    })
    this.#flushTimer = { dueMs, cancel: () => timer.cancel() }
  }

  async #sync(): Promise<void> {
    this.#flushTimer?.cancel()
    this.#flushTimer = undefined
    this.#isFlushDue = false
    const { journal, clock, recorder } = this.#options
    const startedMs = clock.monotonicMs()
    const synced = journal.sync()
    this.#answerDurable()
    await synced
    // A stop has answered them.
    if (this.#stopped !== undefined) return
    const frames = this.#unsynced
    this.#unsynced = []
    recorder.observe('tailrace_journal_sync_seconds', {}, (clock.monotonicMs() - startedMs) / 1000)
    const { tickets: durable, logs } = this.#durable
    let appendCount = 0
    let appendedBytes = 0
    for (const { sequence, tickets, places, answered } of frames) {
      for (const [log, place] of places) {
        log.setDurable(place)
        logs.add(log)
      }
      this.#durableSequence = sequence
      for (const ticket of tickets) {
        ticket.request.onDurable?.()
        appendedBytes += ticket.entryBytes
        // An answered `written` request is not answered again.
        if (!answered) durable.push(ticket)
      }
      appendCount += tickets.length
    }
    recorder.count('tailrace_log_appends_total', {}, appendCount)
    recorder.count('tailrace_log_append_bytes_total', {}, appendedBytes)
    if (this.#awaitedSequence > 0) this.#wakeRoomWaiters()
  }

  #answerDurable(): void {
    const { tickets, logs } = this.#durable
    if (tickets.length === 0 && logs.size === 0 && this.#repetitions.length === 0) return
    this.#durable = { tickets: [], logs: new Set() }
    for (const ticket of tickets) this.#resolve(ticket)
    this.#answerRepetitions()
    this.#options.onVisible(logs)
  }

  /** Does the journal have to be waited for before it takes the frame? */
  #isFull(frame: OpenFrame): boolean {
    const { journal } = this.#options
    return journal.usedFileCount >= 0.8 * journal.limits.maxFiles || journal.needsFile(frame.builder.sealedBytes)
  }

  /** Waits until the journal takes the frame; the fuller the journal, the slower. */
  async #makeRoom(frame: OpenFrame, sequence: number): Promise<void> {
    const { journal, clock } = this.#options
    const { maxFiles } = journal.limits
    const overFull = journal.usedFileCount - 0.8 * maxFiles
    if (overFull >= 0) await clock.sleep((slowestMs * overFull) / (0.2 * maxFiles))
    if (!journal.needsFile(frame.builder.sealedBytes)) return
    if (this.#unsynced.length > 0) await this.#syncFramesBefore()
    while (!(await this.#hasFile(sequence))) {
      if (this.#stopped !== undefined) throw this.#stopped
    }
    // The frames before are durable once the file is changed: it syncs the old file first.
    await journal.changeFile(sequence)
  }

  /** A checkpoint may wait for these frames, and the one that needs a file for what that checkpoint releases. */
  async #syncFramesBefore(): Promise<void> {
    const isFlushDue = this.#isFlushDue
    await this.#sync()
    // It may have been wanted for the frame that is not written yet.
    this.#isFlushDue ||= isFlushDue
    this.#answerDurable()
  }

  /** False after a wait. A full disk is waited out: a checkpoint may release a file, or somebody frees space. */
  async #hasFile(sequence: number): Promise<boolean> {
    const { journal, clock } = this.#options
    if (this.#stopped !== undefined) return false
    if (!journal.hasRoom(sequence < this.#awaitedSequence)) {
      await new Promise<void>((resolve) => this.#roomWaiters.push(resolve))
      return false
    }
    try {
      await journal.ensureFree()
      return true
    } catch (error) {
      if (!runtimeErrors.is(error, 'disk_full')) throw error
      await clock.sleep(fullDiskRetryMs)
      return false
    }
  }

  #wakeRoomWaiters(): void {
    const waiters = this.#roomWaiters
    this.#roomWaiters = []
    for (const wake of waiters) wake()
  }

  #fail(error: unknown): void {
    if (this.#stopped !== undefined) return
    const failure = logErrors.make('sync_failed', `the journal stopped: ${messageOf(error)}`, { cause: error })
    this.stop(failure)
    this.#options.onFailure(failure)
  }
}

function entryBytesOf(request: CommitRequest): number {
  let sum = 0
  for (const { batch } of request.batches) sum += batchEntryBytes + batch.length
  for (const { change } of request.changes) sum += changeEntryBytes + Buffer.byteLength(JSON.stringify(change))
  return sum
}

function hasSequences(request: CommitRequest): boolean {
  for (const { batch } of request.batches) if (isSequenced(batch)) return true
  return false
}

/** Do all batches that it repeats lie below the watermark that it is to be answered at? */
function isThere({ request, placed }: Ticket): boolean {
  return placed.every(({ lastOffset }, index) => {
    const { log } = request.batches[index] as CommitBatch
    return lastOffset < (request.needsSync ? log.highWatermark : log.writtenWatermark)
  })
}

function settle(wave: Wave, closedWaves: Set<Wave>): void {
  wave.openCount--
  if (wave.openCount > 0 || !closedWaves.delete(wave)) return
  for (const wake of wave.settled) wake()
}

/** Its topic was deleted after the request was made. */
function removedError(ticket: Ticket): TailraceError | undefined {
  const removed = ticket.request.batches.find(({ log }) => log.isRemoved)
  if (removed === undefined) return undefined
  const { topic, partition } = removed.log.identity
  return logErrors.make('partition_removed', `${topic}-${partition} was deleted`, { details: { topic, partition } })
}
