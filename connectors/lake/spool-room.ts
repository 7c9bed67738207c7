// Room on the local disk for files under way, where they do not lie in the lake itself. Two bounds: the quota of the
// sink, and free space that is left to the log, since the files share a disk with it. At either, plans are published
// before more is taken, the largest first; so a full spool makes smaller files, and never stops for good.

import { TailraceError } from '../../core/errors/tailrace-error.js'
import type { Files } from '../../core/runtime/files.js'
import { lakeErrors } from './errors.js'

/** What grows there: the plan of a partition. */
export interface SpoolUser {
  readonly stagedBytes: number
  /** Afterwards it has nothing there. */
  publish(): Promise<void>
}

/** As much as the largest appends of a busy hub take, and as sealing every open file may need. */
export const leftToLogBytes = 256 * 1024 * 1024

/** Free space is asked for again when files have grown by so much. */
const lookAfterBytes = 8 * 1024 * 1024

export class SpoolRoom {
  readonly #files: Files
  readonly #path: string
  readonly #quotaBytes: number
  readonly #held = new Map<SpoolUser, number>()
  #heldBytes = 0
  #grownBytes = lookAfterBytes

  /** `path`: the directory of the files. */
  constructor(files: Files, path: string, quotaBytes: number) {
    this.#files = files
    this.#path = path
    this.#quotaBytes = quotaBytes
  }

  /**
   * Lets the user take more, in room that was made before. Errors: lake_spool_full, and those of `take` and of
   * publishing.
   */
  async whileIn<T>(user: SpoolUser, take: () => Promise<T>): Promise<T> {
    while (this.#heldBytes >= this.#quotaBytes) await this.#publishLargest()
    if (this.#grownBytes >= lookAfterBytes) await this.#keepFree()
    try {
      return await take()
    } catch (error) {
      // What is taken again needs the room that this makes.
      if (error instanceof TailraceError && error.code === 'disk_full' && this.#held.size > 0)
        await this.#publishLargest()
      throw error
    } finally {
      this.#note(user)
    }
  }

  /** The user is no more. */
  forget(user: SpoolUser): void {
    this.#heldBytes -= this.#held.get(user) ?? 0
    this.#held.delete(user)
  }

  async #keepFree(): Promise<void> {
    for (;;) {
      const freeBytes = await this.#files.freeBytes(this.#path)
      if (freeBytes >= leftToLogBytes) break
      if (this.#held.size === 0) {
        throw lakeErrors.make(
          'lake_spool_full',
          `${this.#path}: ${freeBytes} bytes are free, which are left to the log`,
          {
            details: { directory: this.#path, freeBytes, leftToLogBytes },
          },
        )
      }
      await this.#publishLargest()
    }
    this.#grownBytes = 0
  }

  async #publishLargest(): Promise<void> {
    let largest: SpoolUser | undefined
    for (const [user, bytes] of this.#held) {
      if (largest === undefined || bytes > this.#held.get(largest)!) largest = user
    }
    if (largest === undefined) return
    await largest.publish()
    this.#note(largest)
  }

  #note(user: SpoolUser): void {
    const before = this.#held.get(user) ?? 0
    const { stagedBytes } = user
    this.#heldBytes += stagedBytes - before
    this.#grownBytes += Math.max(0, stagedBytes - before)
    if (stagedBytes === 0) this.#held.delete(user)
    else this.#held.set(user, stagedBytes)
  }
}
