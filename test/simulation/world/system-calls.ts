// The way of a process to the disk. Every call is numbered, traced, and may be struck by a fault or by the crash.
//
// An asynchronous call takes effect in its event, some virtual time after it was made: of several under way the seed
// decides which comes first. A call of a dead process has no effect; it throws, or never settles.

import type { Operation, Faults } from './faults.js'
import { failureOf } from './faults.js'
import type { Life, Scheduler } from './scheduler.js'
import type { SeededRandom } from './seeded-random.js'
import { SimulatedCrash } from './simulated-crash.js'
import type { Trace } from './trace.js'

export interface SystemCall<T> {
  readonly operation: Operation
  readonly path: string
  /** Folded into the trace: where, and how much. */
  readonly position: number
  readonly length: number
  readonly effect: () => T
  /** The part of its effect that a call may have when a crash or a failure cuts it; none when left out. */
  readonly cut?: () => void
  /** What an injected failure does besides failing. */
  readonly failed?: () => void
}

/** What a crash point does to the call it strikes: nothing of it, a part of it (where it has parts), or all of it. */
export type StrikeMoment = 'before' | 'during' | 'after'

export interface CrashPoint {
  readonly callNumber: number
  readonly moment: StrikeMoment
  readonly crash: () => void
}

/** What all processes of a machine share. */
export interface Kernel {
  readonly scheduler: Scheduler
  readonly faults: Faults
  readonly trace: Trace
  readonly random: SeededRandom
  /** Calls made so far, by all processes. */
  callCount: number
  crashPoint: CrashPoint | undefined
}

/** A synchronous call takes this long. */
const syncCallMs = 0.003

interface DelayRange {
  readonly lowMs: number
  readonly highMs: number
}

const usualDelay: DelayRange = { lowMs: 0.02, highMs: 0.3 }
const syncDelay: DelayRange = { lowMs: 0.2, highMs: 4 }

export class SystemCalls {
  readonly #kernel: Kernel
  readonly #life: Life
  readonly #inFlight = new Set<SystemCall<unknown>>()

  constructor(kernel: Kernel, life: Life) {
    this.#kernel = kernel
    this.#life = life
  }

  /** Makes a call that takes effect at once. */
  now<T>(call: SystemCall<T>): T {
    if (!this.#life.alive) throw new SimulatedCrash(`${call.operation} of ${this.#life.name}, which is dead`)
    this.#kernel.scheduler.nowMs += syncCallMs
    return this.#execute(++this.#kernel.callCount, call)
  }

  /** Makes a call that takes effect later; its promise never settles when the process dies before. */
  later<T>(call: SystemCall<T>): Promise<T> {
    if (!this.#life.alive) return new Promise(() => {})
    const { scheduler, faults } = this.#kernel
    const callNumber = ++this.#kernel.callCount
    const { operation: what, path: subject } = call
    const { lowMs, highMs } = what === 'datasync' || what === 'syncDirectory' ? syncDelay : usualDelay
    const delayMs = scheduler.drawDelayMs(lowMs, highMs) + faults.extraDelayMs()
    this.#inFlight.add(call)
    return new Promise((resolve, reject) => {
      const run = () => {
        this.#inFlight.delete(call)
        try {
          resolve(this.#execute(callNumber, call))
        } catch (error) {
          if (!(error instanceof SimulatedCrash)) reject(error)
        }
      }
      scheduler.schedule({ delayMs, what, subject, life: this.#life, run })
    })
  }

  /** The process dies: calls under way may have had their effect, a part of it, or none. */
  die(): void {
    const { random, faults } = this.#kernel
    for (const call of this.#inFlight) {
      const outcome = random.below(3)
      if (outcome === 0) continue
      faults.count('cut-in-flight')
      try {
        if (outcome === 1) call.cut?.()
        else call.effect()
      } catch (error) {
        // A call that would have failed has no effect; what fails otherwise is a mistake of the simulation.
        if (!(error instanceof Error) || error.name !== 'TailraceError') throw error
      }
    }
    this.#inFlight.clear()
  }

  /** What is under way, as text. */
  waiting(): string[] {
    return [...this.#inFlight].map((call) => `${call.operation} ${call.path}`)
  }

  #execute<T>(callNumber: number, call: SystemCall<T>): T {
    const { trace, faults, crashPoint } = this.#kernel
    const { operation, path } = call
    trace.text(operation)
    trace.text(path)
    trace.number(call.position)
    trace.number(call.length)
    trace.line(() => `  #${callNumber} ${operation} ${path} ${call.position}+${call.length}`)
    if (crashPoint?.callNumber === callNumber) this.#crash(crashPoint, call)
    const failure = faults.strike(operation, path)
    if (failure === undefined) return call.effect()
    trace.text(failure)
    trace.line(() => `  #${callNumber} fails: ${failure}`)
    call.failed?.()
    throw failureOf(failure, operation, path)
  }

  #crash({ callNumber, moment, crash }: CrashPoint, call: SystemCall<unknown>): never {
    if (moment === 'during') call.cut?.()
    if (moment === 'after') call.effect()
    crash()
    throw new SimulatedCrash(`crash ${moment} call ${callNumber}: ${call.operation} ${call.path}`)
  }
}
