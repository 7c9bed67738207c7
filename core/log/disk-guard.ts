// Keeps enough of the disk free that a replay always fits, and that internal topics can still commit when it is full.
//
// Free space is asked for every so often and counted down in between. Appends are refused while less is free than the
// journal holds beyond the checkpoint plus the reserve. The reserve is a file of real bytes: when the disk is full, it
// is given up, so that group commits and resume points go on; it is made again when there is room.

import type { TailraceError } from '../errors/tailrace-error.js'
import { runtimeErrors } from '../runtime/errors.js'
import type { World } from '../runtime/world.js'
import type { DataLayout } from './data-layout.js'
import { logErrors } from './errors.js'

export interface DiskGuardOptions {
  readonly world: World
  readonly layout: DataLayout
  readonly reserveBytes: number
  /** Bytes that a replay would write: what the journal holds beyond the checkpoint. */
  readonly pendingBytes: () => number
  /** Segments and journal together may take so many bytes; Infinity leaves it to the disk. */
  readonly budgetBytes: number
  readonly usedBytes: () => number
}

const pollMs = 200
const pollBytes = 4 * 1024 * 1024

export class DiskGuard {
  readonly #options: DiskGuardOptions
  #freeBytes = Number.POSITIVE_INFINITY
  #countedBytes = 0
  #asked: Promise<void> | undefined
  #nextAskMs = 0
  #hasReserve = false

  constructor(options: DiskGuardOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const stat = await this.#options.world.files.stat(this.#options.layout.reserveFile)
    this.#hasReserve = stat !== undefined && stat.bytes >= this.#options.reserveBytes
    await this.#ask()
  }

  /** Why an append of the kind is refused now; undefined when it is not. Synchronous, for the append path. */
  refusal(kind: 'client' | 'internal'): TailraceError | undefined {
    this.#askWhenDue()
    const { layout, reserveBytes, pendingBytes, budgetBytes, usedBytes } = this.#options
    const free = this.#freeBytes - this.#countedBytes
    const needed = pendingBytes() + (kind === 'client' ? reserveBytes : 0)
    if (kind === 'client' && budgetBytes !== Number.POSITIVE_INFINITY && usedBytes() > budgetBytes) {
      const message = `the log takes ${usedBytes()} bytes of its disk budget of ${budgetBytes}`
      return logErrors.make('disk_low', message, { details: { usedBytes: usedBytes(), budgetBytes, reason: 'budget' } })
    }
    if (free >= needed) return undefined
    if (kind === 'internal' && this.#hasReserve) return undefined
    const message = `${Math.max(0, free)} bytes are free for ${layout.root}, and ${needed} are needed to append safely`
    return logErrors.make('disk_low', message, {
      details: { path: layout.root, freeBytes: free, neededBytes: needed, reason: 'disk' },
    })
  }

  /** So many bytes were written since. */
  count(bytes: number): void {
    this.#countedBytes += bytes
  }

  /** A write met a full disk: the reserve is given up, and free space is asked for anew. */
  async meetFullDisk(): Promise<void> {
    this.#nextAskMs = 0
    await this.#giveUpReserve()
    await this.#ask()
  }

  async freeBytes(): Promise<number> {
    await this.#ask()
    return this.#freeBytes
  }

  async close(): Promise<void> {
    await this.#asked
  }

  #askWhenDue(): void {
    const now = this.#options.world.clock.monotonicMs()
    if (this.#asked !== undefined || (now < this.#nextAskMs && this.#countedBytes < pollBytes)) return
    this.#nextAskMs = now + pollMs
    void this.#ask()
  }

  #ask(): Promise<void> {
    this.#asked ??= this.#askNow().finally(() => {
      this.#asked = undefined
    })
    return this.#asked
  }

  async #askNow(): Promise<void> {
    const { world, layout, reserveBytes, pendingBytes } = this.#options
    try {
      this.#freeBytes = await world.files.freeBytes(layout.root)
      this.#countedBytes = 0
      if (this.#freeBytes < pendingBytes()) await this.#giveUpReserve()
      else if (!this.#hasReserve && this.#freeBytes > pendingBytes() + 3 * reserveBytes) await this.#makeReserve()
    } catch (error) {
      // Not knowing is no reason to refuse: the writes themselves are refused when the disk is full.
      if (!runtimeErrors.is(error, 'disk_full')) this.#freeBytes = Number.POSITIVE_INFINITY
    }
  }

  async #makeReserve(): Promise<void> {
    const { world, layout, reserveBytes } = this.#options
    const file = await world.files.open(layout.reserveFile, 'create')
    try {
      await file.write(Buffer.alloc(reserveBytes), 0)
      await file.datasync()
      this.#hasReserve = true
    } finally {
      await file.close()
    }
  }

  async #giveUpReserve(): Promise<void> {
    if (!this.#hasReserve) return
    this.#hasReserve = false
    try {
      const file = await this.#options.world.files.open(this.#options.layout.reserveFile, 'write')
      try {
        await file.truncate(0)
      } finally {
        await file.close()
      }
    } catch (error) {
      // Nobody waits for this: the next time the disk is asked, the reserve is given up again.
      this.#hasReserve = !runtimeErrors.is(error, 'not_found')
    }
  }
}
