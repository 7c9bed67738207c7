// The file source: looks at the directories, reads what grew, file after file, and remembers how far it came.
//
// One loop, `read`, changes everything; hints of the system only say when it is worth calling it. Records and the
// position behind them go into the writer together, so that they become durable together or not at all.

import { hostname } from 'node:os'
import type { ConnectorContext } from '../../core/connector/context.js'
import type { RecordWriter, ResumePoint, Source } from '../../core/connector/source.js'
import { invariant } from '../../core/errors/invariant.js'
import { Admission } from './admission.js'
import { DescriptorPool } from './descriptor-pool.js'
import { DirectoryWatcher } from './directory-watcher.js'
import { Discovery } from './discovery.js'
import { fileErrors } from './errors.js'
import { FileRegistry } from './file-registry.js'
import { FileReport } from './file-report.js'
import { FileTracker } from './file-tracker.js'
import { GzipReader } from './gzip-reader.js'
import { HintSignal } from './hint-signal.js'
import { LookSchedule } from './look-schedule.js'
import { multilineRules } from './multiline.js'
import { PathScope } from './path-scope.js'
import { PlainReader } from './plain-reader.js'
import { RecordEmitter } from './record-emitter.js'
import { FileRecordHeaders } from './record-headers.js'
import { FileRemover } from './file-remover.js'
import { realPathOf } from './real-path.js'
import { decodePoint, type FilePoint, pointPrefix, startedKey } from './resume-point.js'
import type { FileSettings } from './settings.js'
import { TextForms } from './text-form.js'
import { TrackedFile } from './tracked-file.js'
import { endingOf, endingTimesOf, type EndingTimes, type Outcome, quantumBytes } from './visit.js'

/** How much one call of `read` takes at most, so that it returns within a bounded time: some quanta of some files. */
const bytesPerRead = 16 * quantumBytes

/** Files opened in one call of `read`. */
const visitsPerRead = 1000

/** Points of new files remembered in one call of `read`: some hundred bytes each, in an append of a few megabytes. */
const admittedPerRead = 1000

/** Descriptors beside the pool's: the compressed file being read, and one that is opened to be compared. */
const otherDescriptors = 2

/** All parts that exist while the source is open. */
interface Parts {
  readonly context: ConnectorContext
  readonly report: FileReport
  readonly registry: FileRegistry
  readonly pool: DescriptorPool
  readonly tracker: FileTracker
  readonly plain: PlainReader
  readonly gzip: GzipReader
  readonly watcher: DirectoryWatcher | undefined
  readonly remover: FileRemover | undefined
  readonly schedule: LookSchedule
  readonly hints: HintSignal
}

export function create(settings: FileSettings): Source {
  return new FileSource(settings)
}

export class FileSource implements Source {
  readonly #settings: FileSettings
  readonly #times: EndingTimes
  #parts: Parts | undefined
  /** No look of this source was ever made durable. */
  #isFirstStart = false
  #startedIsRemembered = false

  constructor(settings: FileSettings) {
    this.#settings = settings
    this.#times = endingTimesOf(settings)
  }

  /** Errors: file_pattern_invalid, delimiter_ambiguous, file_resume_point_unknown. */
  async open(context: ConnectorContext): Promise<void> {
    invariant(this.#parts === undefined, 'a file source was opened twice')
    const parts = this.#assemble(context, await this.#discoveryOf(context))
    this.#startedIsRemembered = context.state.get(startedKey) !== undefined
    this.#isFirstStart = !this.#startedIsRemembered
    this.#restore(parts)
    this.#parts = parts
  }

  /** Errors: file_needs_dead_letter. What is wrong with a single file is reported, and the others go on. */
  async read(into: RecordWriter, signal: AbortSignal): Promise<'more' | 'idle' | 'end'> {
    const parts = this.#open()
    if (this.#settings.onLongLine === 'dead-letter' && !into.hasDeadLetters) {
      throw fileErrors.make('file_needs_dead_letter', 'onLongLine is "dead-letter", but the edge has no such topic')
    }
    if (parts.schedule.isDue()) await this.#look(parts)
    for (const path of parts.hints.take()) this.#follow(parts, path)
    this.#remember(parts, into)
    this.#wakeUnfinished(parts)
    await this.#visitReady(parts, into, signal)
    return this.#isMoreToDo(parts) ? 'more' : 'idle'
  }

  wake(signal: AbortSignal): Promise<void> {
    return this.#open().hints.wait(signal)
  }

  acknowledge(points: ReadonlyMap<string, ResumePoint | undefined>): Promise<void> {
    const { registry } = this.#open()
    for (const [key, point] of points) {
      if (!key.startsWith(pointPrefix) || point === undefined) continue
      const { position, complete } = decodePoint(key, point)
      registry.byPointKey(key)?.acknowledge(position, complete)
    }
    return Promise.resolve()
  }

  /** Closing twice is fine. */
  async close(): Promise<void> {
    const parts = this.#parts
    if (parts === undefined) return
    this.#parts = undefined
    await parts.pool.closeAll()
    await parts.gzip.close()
    await parts.watcher?.close()
  }

  #open(): Parts {
    invariant(this.#parts !== undefined, 'the file source is not open')
    return this.#parts
  }

  async #discoveryOf(context: ConnectorContext): Promise<Discovery> {
    const { files, baseDirectory, dataDirectory } = context
    const scope = new PathScope(this.#settings, baseDirectory)
    const { followOutside } = this.#settings
    return new Discovery({ files, scope, followOutside, dataDirectory: await realPathOf(files, dataDirectory) })
  }

  #isMoreToDo(parts: Parts): boolean {
    const { tracker, registry } = parts
    if (tracker.admitted.size > 0) return true
    for (const file of tracker.ready) if (!registry.isBlocked(file)) return true
    return false
  }

  #assemble(context: ConnectorContext, discovery: Discovery): Parts {
    const settings = this.#settings
    const { files, clock, logger, metrics, limits } = context
    const report = new FileReport(logger, metrics, { pipeline: context.pipeline, source: context.connector })
    const registry = new FileRegistry()
    const forms = new TextForms(settings)
    const nowMs = (): number => clock.monotonicMs()
    const emitter = new RecordEmitter({
      settings,
      forms,
      headers: new FileRecordHeaders(settings.metadata, hostname()),
      rules: settings.multiline === undefined ? undefined : multilineRules(settings.multiline),
      now: () => clock.now(),
    })
    const limit = limits.openFiles - otherDescriptors
    const pool = new DescriptorPool({ files, limit, onShort: (error) => report.limited(error) })
    const admission = new Admission({ files, clock, registry, forms, settings })
    const tracker = new FileTracker({ files, clock, discovery, registry, pool, admission, report })
    const schedule = new LookSchedule(clock, settings.rescan)
    const hints = new HintSignal()
    const endingNow = (file: TrackedFile) => endingOf(file, this.#times, registry.isSucceeded(file), nowMs())
    return {
      context,
      report,
      registry,
      pool,
      tracker,
      plain: new PlainReader({ pool, emitter, nowMs, endingOf: endingNow }),
      gzip: new GzipReader({ files, emitter, nowMs, settleMs: settings.partialLine }),
      watcher: settings.watch === 'poll' ? undefined : this.#watcherOf({ report, hints, schedule }),
      remover:
        settings.deleteAfter === undefined
          ? undefined
          : new FileRemover({ files, clock, logger }, settings.deleteAfter),
      schedule,
      hints,
    }
  }

  #watcherOf(parts: Pick<Parts, 'report' | 'hints' | 'schedule'>): DirectoryWatcher {
    const { report, hints, schedule } = parts
    return new DirectoryWatcher({
      hint: (path, isRename) => {
        if (isRename || path === undefined) schedule.hasten()
        hints.give(path)
      },
      exhausted: (error) => report.limited(error),
    })
  }

  /** Takes up the resume points. Those of files that are not included any more stay as they are. */
  #restore(parts: Parts): void {
    const { context, registry } = parts
    const scope = new PathScope(this.#settings, context.baseDirectory)
    const nowMs = context.clock.monotonicMs()
    const points = context.state.entries(pointPrefix).map(([key, stored]): FilePoint => decodePoint(key, stored))
    for (const point of points.sort((a, b) => a.generation - b.generation)) {
      if (!scope.includes(point.path)) {
        registry.reserve(point)
        continue
      }
      const file = new TrackedFile(point, nowMs)
      file.acknowledge(point.position, point.complete)
      const older = registry.byIdentity(file.identity)
      // The older one had been replaced, and what became of its content was not decided yet.
      if (older !== undefined) {
        older.replaced = true
        registry.release(older)
      }
      registry.add(file)
    }
  }

  async #look(parts: Parts): Promise<void> {
    const { tracker, registry, report, schedule, watcher, pool, gzip } = parts
    const look = await schedule.measure(() => tracker.look(this.#isFirstStart))
    this.#isFirstStart = false
    if (tracker.isUnsettled) schedule.hasten()
    report.skipped(look.skipped)
    await gzip.releaseUnless((file) => registry.byPointKey(file.pointKey) === file)
    await parts.remover?.removeDone(look, tracker)
    await watcher?.watch(look.directories)
    const polled = watcher?.polledCount ?? look.directories.size
    report.measure(registry, { open: pool.openCount + (gzip.isActive ? 1 : 0), polled })
  }

  /** A hint: the file may have grown, or, where the path is unknown, there may be a new one. */
  #follow(parts: Parts, path: string): void {
    const file = parts.tracker.byPath(path)
    if (file === undefined) parts.schedule.hasten()
    else parts.tracker.ready.add(file)
  }

  #wakeUnfinished(parts: Parts): void {
    const { tracker, registry, context } = parts
    const nowMs = context.clock.monotonicMs()
    for (const file of tracker.unfinished) {
      const isDue = file.gzip
        ? nowMs - file.changedAtMs >= this.#settings.partialLine
        : endingOf(file, this.#times, registry.isSucceeded(file), nowMs) !== 'open'
      if (isDue) tracker.ready.add(file)
    }
  }

  /** Visits files in turn, each for a quantum, until the writer is full. */
  async #visitReady(parts: Parts, into: RecordWriter, signal: AbortSignal): Promise<void> {
    const { tracker, registry } = parts
    let leftBytes = bytesPerRead
    let leftVisits = visitsPerRead
    for (const file of [...tracker.ready]) {
      if (registry.isBlocked(file)) {
        await parts.gzip.release(file)
        continue
      }
      if (signal.aborted || leftBytes <= 0 || leftVisits-- === 0) return
      const { readTo, emittedBytes, skippedBytes } = file.account
      const before = file.position
      const outcome = await (file.gzip ? parts.gzip : parts.plain).visit(file, into)
      const { account } = file
      const delta = {
        read: account.readTo - readTo,
        emitted: account.emittedBytes - emittedBytes,
        skipped: account.skippedBytes - skippedBytes,
      }
      parts.report.visited(delta)
      leftBytes -= Math.max(delta.read, file.position - before)
      if (file.position > before || file.complete) this.#rememberFile(parts, file, into)
      this.#settle(parts, file, outcome)
      if (outcome === 'full') return
    }
  }

  /** What becomes of a file after a visit. */
  #settle(parts: Parts, file: TrackedFile, outcome: Outcome): void {
    const { tracker, schedule, report } = parts
    if (outcome === 'full') return
    tracker.ready.delete(file)
    tracker.unfinished.delete(file)
    switch (outcome) {
      case 'more':
        tracker.ready.add(file)
        return
      case 'unfinished':
        tracker.unfinished.add(file)
        return
      case 'replaced':
      case 'displaced':
        schedule.hasten()
        return
      case 'failed':
        report.unreadable(file)
        return
      case 'drained':
        if (file.damage === undefined) report.readable(file)
        else report.unreadable(file)
        return
    }
  }

  /** Remembers what the last look changed: all hand-overs at once, new files as many as fit. */
  #remember(parts: Parts, into: RecordWriter): void {
    const { changes, admitted } = parts.tracker
    for (const [key, file] of changes) into.remember(key, file?.point())
    changes.clear()
    let left = admittedPerRead
    for (const file of admitted) {
      if (left-- === 0) return
      into.remember(file.pointKey, file.point())
      admitted.delete(file)
    }
    // Last, so that a crash before does not make the files that are left appear to be new.
    if (this.#startedIsRemembered) return
    this.#startedIsRemembered = true
    into.remember(startedKey, { at: parts.context.clock.now() })
  }

  #rememberFile(parts: Parts, file: TrackedFile, into: RecordWriter): void {
    parts.tracker.admitted.delete(file)
    into.remember(file.pointKey, file.point())
  }
}
