// One owner per directory in the simulated machine: a claim lasts as long as its process lives.

import { posix } from 'node:path'
import { runtimeErrors } from '../../../core/runtime/errors.js'
import type { Claim, Ownership } from '../../../core/runtime/ownership.js'
import type { Life } from './scheduler.js'
import type { SimulatedDisk } from './simulated-disk.js'
import type { SystemCalls } from './system-calls.js'

interface Holding {
  readonly life: Life
  readonly lost: AbortController
}

/** Who holds which directory; one for all processes of a machine. */
export class Holdings {
  readonly #holders = new Map<string, Holding>()

  take(directory: string, holding: Holding): void {
    const path = posix.resolve('/', directory)
    const holder = this.#holders.get(path)
    if (holder?.life.alive) {
      throw runtimeErrors.make('directory_owned', `${path} is owned by ${holder.life.name}`, { details: { directory } })
    }
    this.#holders.set(path, holding)
  }

  release(directory: string, holding: Holding): void {
    const path = posix.resolve('/', directory)
    if (this.#holders.get(path) === holding) this.#holders.delete(path)
  }

  /** Takes a directory away from who holds it, as somebody does who removes its socket. */
  usurp(directory: string): void {
    const path = posix.resolve('/', directory)
    const holder = this.#holders.get(path)
    this.#holders.delete(path)
    holder?.lost.abort(runtimeErrors.make('ownership_lost', `${path} was taken away`, { details: { path } }))
  }
}

/** Ownership as one process sees it. */
export function simulatedOwnership(parts: {
  readonly holdings: Holdings
  readonly calls: SystemCalls
  readonly disk: SimulatedDisk
  readonly life: Life
}): Ownership {
  const { holdings, calls, disk, life } = parts
  return {
    claim(directory: string): Promise<Claim> {
      const effect = (): Claim => {
        disk.findDirectory('claim', directory)
        const holding = { life, lost: new AbortController() }
        holdings.take(directory, holding)
        const letGo = () => holdings.release(directory, holding)
        const release = { operation: 'claim', path: directory, position: 0, length: 0, effect: letGo } as const
        return { lost: holding.lost.signal, release: () => calls.later(release) }
      }
      return calls.later({ operation: 'claim', path: directory, position: 0, length: 0, effect })
    },
  }
}
