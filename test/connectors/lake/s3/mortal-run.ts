// A run of the sink that dies at a chosen moment as by SIGKILL: at the n-th request, or put of the state, before or after
// it takes effect; or a request is on its way when the sender dies and takes effect later, amid the next run.
//
// The dead run's calls of the disk never settle, and its requests are cut.

import type { Files, OpenFile } from '../../../../core/runtime/files.js'
import { nodeWorld } from '../../../../core/runtime/node-world.js'
import type { World } from '../../../../core/runtime/world.js'
import type { Interception } from '../../../support/s3/s3-server.js'

export type Moment = 'before' | 'after' | 'late'

export interface Strike {
  /** Counted over requests and puts of the state, from one. */
  readonly call: number
  readonly moment: Moment
  /** For 'late': how many calls of the next run come first. */
  readonly laterCalls?: number
}

export class Killed extends Error {}

/** Requests whose sender is dead, on their way to the store. */
export class Belated {
  #held: { calls: number; readonly release: () => void }[] = []

  hold(calls: number): Promise<void> {
    return new Promise((release) => this.#held.push({ calls, release }))
  }

  /** One call of a later run was made. */
  pass(): void {
    for (const held of this.#held) if (held.calls-- <= 0) held.release()
    this.#held = this.#held.filter(({ calls }) => calls >= 0)
  }

  arriveAll(): void {
    for (const { release } of this.#held.splice(0)) release()
  }
}

export class MortalRun {
  readonly world: World
  readonly signal: AbortSignal
  /** Rejects with Killed. */
  readonly death: Promise<never>
  callCount = 0
  isDead = false
  readonly #strike: Strike | undefined
  readonly #belated: Belated
  readonly #controller = new AbortController()
  #isStruck = false
  #reportDeath: () => void = () => undefined

  constructor(strike: Strike | undefined, belated: Belated) {
    this.#strike = strike
    this.#belated = belated
    this.signal = this.#controller.signal
    this.death = new Promise((_, reject) => {
      this.#reportDeath = () => reject(new Killed())
    })
    // Who races it sees it; a run that lives does not.
    this.death.catch(() => undefined)
    const world = nodeWorld()
    this.world = { ...world, files: this.#mortalFiles(world.files) }
  }

  /** For `intercept` of the store. */
  intercept(): Interception | undefined {
    if (this.#isStruck) this.#die()
    if (this.isDead) return { what: 'cut', when: 'before' }
    this.#belated.pass()
    const moment = this.#count()
    if (moment === undefined) return undefined
    if (moment === 'late') {
      const until = (): Promise<void> => {
        this.#die()
        return this.#belated.hold(this.#strike?.laterCalls ?? 0)
      }
      return { what: 'hold', until }
    }
    if (moment === 'before') this.#die()
    // The answer is lost with the connection; the sender dies before it can do anything about it.
    else this.#isStruck = true
    return { what: 'cut', when: moment }
  }

  #count(): Moment | undefined {
    this.callCount++
    return this.callCount === this.#strike?.call ? this.#strike.moment : undefined
  }

  #die(): void {
    this.isDead = true
    this.#controller.abort(new Killed())
    this.#reportDeath()
  }

  #mortalFiles(files: Files): Files {
    const replace = async (path: string, bytes: Uint8Array): Promise<void> => {
      if (!path.endsWith('state.json')) return files.replace(path, bytes)
      const moment = this.#count()
      if (moment !== undefined && moment !== 'after') this.#die()
      if (this.isDead) return forever()
      await files.replace(path, bytes)
      if (moment === undefined) return
      this.#die()
      return forever()
    }
    const open = async (...given: Parameters<Files['open']>): Promise<OpenFile> =>
      this.#mortal(await files.open(...given))
    return { ...this.#mortal(files), open, replace }
  }

  /** The same methods, which end with the run. */
  #mortal<T extends object>(target: T): T {
    return new Proxy(target, {
      ownKeys: () => Reflect.ownKeys(target),
      get: (_, name) => {
        const value: unknown = Reflect.get(target, name)
        if (typeof value !== 'function') return value
        return (...given: unknown[]): unknown => {
          if (this.#isStruck && !this.isDead) this.#die()
          if (!this.isDead) return value.apply(target, given)
          if (String(name).endsWith('Sync')) throw new Killed()
          return forever()
        }
      },
    })
  }
}

function forever(): Promise<never> {
  return new Promise(() => undefined)
}
