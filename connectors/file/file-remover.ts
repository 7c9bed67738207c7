// Removes files whose records are all durable, when `deleteAfter` says so.
//
// Only what an include names is removed, never a link or what it leads to, and only after the file was compared with
// what was read once more. A writer that appends between that look and the removal loses its line: README.md says so.

import type { Clock } from '../../core/runtime/clock.js'
import type { Files } from '../../core/runtime/files.js'
import type { Logger } from '../../core/telemetry/logger.js'
import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Look } from './discovery.js'
import type { FileTracker } from './file-tracker.js'
import { identityOf, type TrackedFile } from './tracked-file.js'

export interface RemoverWorld {
  readonly files: Files
  readonly clock: Clock
  readonly logger: Logger
}

export class FileRemover {
  readonly #world: RemoverWorld
  readonly #deleteAfterMs: number

  constructor(world: RemoverWorld, deleteAfterMs: number) {
    this.#world = world
    this.#deleteAfterMs = deleteAfterMs
  }

  /** Removes what is done with; the next look finds it gone and forgets it. */
  async removeDone(look: Look, tracker: FileTracker): Promise<void> {
    const { clock, logger } = this.#world
    for (const { path, realPath } of look.files.values()) {
      const file = tracker.byPath(path)
      if (file === undefined || path !== realPath || file.at !== path || !file.isDurable) continue
      if (clock.now() - file.modifiedMs < this.#deleteAfterMs) continue
      try {
        if (await this.#remove(file)) logger.info('a file is removed, its records are durable', { path })
      } catch (error) {
        if (!(error instanceof TailraceError)) throw error
        logger.warn('a file cannot be removed', { code: error.code, path, reason: error.message, hint: error.hint })
      }
    }
  }

  async #remove(file: TrackedFile): Promise<boolean> {
    const { files } = this.#world
    const stat = await files.statLink(file.at)
    const isUnchanged =
      stat?.kind === 'file' &&
      identityOf(stat) === file.identity &&
      stat.bytes === file.bytes &&
      stat.modifiedMs === file.modifiedMs
    if (isUnchanged) await files.unlink(file.at)
    return isUnchanged
  }
}
