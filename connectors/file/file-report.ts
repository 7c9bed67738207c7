// What the operator hears of files: each thing once, until it changes.

import type { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Logger } from '../../core/telemetry/logger.js'
import type { Labels, Recorder } from '../../core/telemetry/recorder.js'
import type { FileRegistry } from './file-registry.js'
import { fileErrors } from './errors.js'
import type { TrackedFile } from './tracked-file.js'

export class FileReport {
  readonly #logger: Logger
  readonly #metrics: Recorder
  readonly #labels: Labels
  /** What was said about a path last. */
  readonly #said = new Map<string, string>()
  #skippedPaths: ReadonlySet<string> = new Set()

  constructor(logger: Logger, metrics: Recorder, labels: Labels) {
    this.#logger = logger
    this.#metrics = metrics
    this.#labels = labels
  }

  /** What a look passed over. */
  skipped(skipped: ReadonlyMap<string, TailraceError>): void {
    for (const path of this.#skippedPaths) if (!skipped.has(path)) this.#said.delete(path)
    for (const [path, error] of skipped) this.#warn(path, error)
    this.#skippedPaths = new Set(skipped.keys())
  }

  /** Something about the source as a whole. */
  limited(error: TailraceError): void {
    this.#logger.warn('the system sets a limit', { code: error.code, reason: error.message, hint: error.hint })
  }

  /** The file cannot be read at the moment, or was read as far as it is intact. */
  unreadable(file: TrackedFile): void {
    const [code, reason] =
      file.failure === undefined
        ? (['file_gzip_damaged', file.damage] as const)
        : (['file_unreadable', file.failure] as const)
    this.#warn(file.at, fileErrors.make(code, `${file.at}: ${reason}`))
  }

  readable(file: TrackedFile): void {
    this.#said.delete(file.at)
  }

  /** The file is given up: what of it was unread will not be read. */
  lost(file: TrackedFile, { lostBytes, partialBytes }: ReturnType<TrackedFile['giveUp']>): void {
    this.visited({ read: 0, emitted: 0, skipped: partialBytes })
    if (lostBytes === 0) return
    const error = fileErrors.make('file_lost', `${lostBytes} bytes of ${file.at} vanished before they were read`)
    this.#metrics.count('tailrace_file_lost_bytes_total', this.#labels, lostBytes)
    this.#logger.warn('a file vanished while it was unread', {
      code: error.code,
      path: file.at,
      firstSeenAs: file.key,
      position: file.position,
      lostBytes,
      hint: error.hint,
    })
  }

  followed(event: string, file: TrackedFile, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#logger.debug(event, { path: file.at, firstSeenAs: file.key, position: file.position, ...fields })
  }

  /** Counts what a visit moved in the file's account. */
  visited(delta: { readonly read: number; readonly emitted: number; readonly skipped: number }): void {
    if (delta.read > 0) this.#metrics.count('tailrace_file_read_bytes_total', this.#labels, delta.read)
    if (delta.emitted > 0) this.#metrics.count('tailrace_file_emitted_bytes_total', this.#labels, delta.emitted)
    if (delta.skipped > 0) this.#metrics.count('tailrace_file_skipped_bytes_total', this.#labels, delta.skipped)
  }

  /** The gauges, after a look. */
  measure(registry: FileRegistry, counts: { readonly open: number; readonly polled: number }): void {
    let behindBytes = 0
    let partialBytes = 0
    for (const file of registry.all()) {
      behindBytes += file.unreadBytes
      partialBytes += file.account.partialBytes
    }
    this.#metrics.gauge('tailrace_file_behind_bytes', this.#labels, behindBytes)
    this.#metrics.gauge('tailrace_file_partial_bytes', this.#labels, partialBytes)
    this.#metrics.gauge('tailrace_file_tracked', this.#labels, registry.size)
    this.#metrics.gauge('tailrace_file_open', this.#labels, counts.open)
    this.#metrics.gauge('tailrace_file_polled_directories', this.#labels, counts.polled)
  }

  #warn(path: string, error: TailraceError): void {
    if (this.#said.get(path) === error.code) return
    this.#said.set(path, error.code)
    this.#logger.warn('a path is not read', { code: error.code, path, reason: error.message, hint: error.hint })
  }
}
