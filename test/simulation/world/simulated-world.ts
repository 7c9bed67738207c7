// A machine in a test: disk, time and chance from a seed, with processes that may die at any call.
//
//   const machine = new SimulatedWorld({ seed })
//   await machine.run(() => work(machine.boot()))       runs a process until the promise settles
//   machine.crash()                                     the power fails; machine.boot() starts on what is left
//   machine.crashAt(machine.callCount + 7)              …or it fails at the seventh call from now
//
// A run whose process dies rejects with SimulatedCrash, unless the work settles by itself. The work itself stands
// outside the machine and survives; what it awaits of a dead process never settles.

import type { Clock } from '../../../core/runtime/clock.js'
import type { Network } from '../../../core/runtime/network.js'
import type { Random } from '../../../core/runtime/random.js'
import type { Resolver } from '../../../core/runtime/resolver.js'
import type { World } from '../../../core/runtime/world.js'
import type { UnsyncedFate } from './crash-damage.js'
import { Faults } from './faults.js'
import { type Life, type RunLimits, Scheduler } from './scheduler.js'
import { SeededRandom } from './seeded-random.js'
import { SimulatedClock, WallClock } from './simulated-clock.js'
import { SimulatedCrash } from './simulated-crash.js'
import { SimulatedDisk } from './simulated-disk.js'
import { SimulatedFiles } from './simulated-files.js'
import { Holdings, simulatedOwnership } from './simulated-ownership.js'
import { type Kernel, type StrikeMoment, SystemCalls } from './system-calls.js'
import { Trace } from './trace.js'

export interface SimulationOptions {
  readonly seed: number
  /** Keeps readable lines of all that happens, in trace.lines(). */
  readonly keepLines?: boolean
  /** Descriptors that a process may hold. */
  readonly openFiles?: number
  /** Starts on a copy of this machine's disk, which must have lost its power last. */
  readonly diskOf?: SimulatedWorld
}

export interface CrashOptions {
  /** `power`: what was not synced may be lost. `kill`: only the processes die, the page cache stays whole. */
  readonly mode?: 'power' | 'kill'
  /** What a loss of power does to what was not synced. */
  readonly unsynced?: UnsyncedFate
}

interface Process extends Life {
  alive: boolean
  readonly calls: SystemCalls
}

export class SimulatedWorld {
  readonly trace: Trace
  readonly faults: Faults
  readonly disk: SimulatedDisk
  /** A clock outside all processes: its timers outlive crashes. */
  readonly clock: Clock
  readonly #wall: WallClock
  readonly #kernel: Kernel
  readonly #crashRandom: SeededRandom
  readonly #processRandom: SeededRandom
  readonly #holdings = new Holdings()
  readonly #openFiles: number
  #processes: Process[] = []
  #processCount = 0
  #crashCount = 0

  constructor({ seed, keepLines = false, openFiles = 1024, diskOf }: SimulationOptions) {
    const random = new SeededRandom(seed)
    this.trace = new Trace({ keepLines })
    this.faults = new Faults(random.fork())
    this.#crashRandom = random.fork()
    this.#processRandom = random.fork()
    const scheduler = new Scheduler(random.fork(), this.trace)
    this.#wall = new WallClock(scheduler)
    this.clock = new SimulatedClock(scheduler, this.#wall, { alive: true, name: 'the outside' })
    const diskParts = { random: random.fork(), faults: this.faults, now: () => this.#wall.now() }
    this.disk = diskOf === undefined ? new SimulatedDisk(diskParts) : diskOf.disk.copy(diskParts)
    this.#openFiles = openFiles
    const { faults, trace } = this
    this.#kernel = { scheduler, faults, trace, random: random.fork(), callCount: 0, crashPoint: undefined }
  }

  /** Calls that processes made so far: files and claims, asynchronous ones counted when made. */
  get callCount(): number {
    return this.#kernel.callCount
  }

  /** How often all processes died. */
  get crashCount(): number {
    return this.#crashCount
  }

  /** Starts a process: a world of its own on what the disk holds. It lives until the next crash. */
  boot(): World {
    const kernel = this.#kernel
    const life = { alive: true, name: `process ${++this.#processCount}` }
    const calls = new SystemCalls(kernel, life)
    this.#processes.push(Object.assign(life, { calls }))
    const { disk } = this
    const limits = { openFiles: this.#openFiles }
    return {
      files: new SimulatedFiles({ kernel, calls, disk, limits }),
      clock: new SimulatedClock(kernel.scheduler, this.#wall, life),
      random: randomOf(this.#processRandom.fork()),
      ownership: simulatedOwnership({ holdings: this.#holdings, calls, disk, life }),
      network: noNetwork,
      resolver: noResolver,
      limits,
    }
  }

  /** Runs the work to its end, and with it all that happens in the machine meanwhile. */
  run<T>(work: () => Promise<T>, limits?: RunLimits): Promise<T> {
    const explain = () => {
      const died = this.#processCount > 0 && this.#processes.length === 0
      return died ? new SimulatedCrash('the process died while the work waited for it') : undefined
    }
    return this.#kernel.scheduler.run(work, explain, limits)
  }

  /** Ends all processes now; calls under way may have taken effect, a part of it, or none. */
  crash({ mode = 'power', unsynced = 'any' }: CrashOptions = {}): void {
    this.#kernel.crashPoint = undefined
    this.#crashCount++
    for (const process of this.#processes) process.alive = false
    for (const process of this.#processes) process.calls.die()
    this.#processes = []
    this.trace.text(mode)
    this.trace.line(() => `crash: ${mode}, unsynced ${unsynced}`)
    if (mode === 'kill') {
      this.faults.count('kill')
      this.disk.closeAll()
      return
    }
    this.faults.count('power-loss')
    this.disk.losePower({ random: this.#crashRandom, faults: this.faults, fate: unsynced })
  }

  /** Crashes when the call of this number takes effect; the latest request counts, and a crash before it ends it. */
  crashAt(callNumber: number, options: CrashOptions & { readonly moment?: StrikeMoment } = {}): void {
    const moment = options.moment ?? this.#crashRandom.pick(['before', 'during', 'after'])
    this.#kernel.crashPoint = { callNumber, moment, crash: () => this.crash(options) }
  }

  /** Moves the wall clock, and nothing else. */
  jumpClock(ms: number): void {
    this.faults.count('clock-jump')
    this.#wall.jump(ms)
  }

  /** Flips a bit of what the device holds of a file; the bit is drawn when left out. */
  rot(path: string, position: number, bit = this.#crashRandom.below(8)): void {
    this.faults.count('bit-rot')
    this.disk.rot(path, position, bit)
  }

  /** Takes a directory away from the process that owns it. */
  usurp(directory: string): void {
    this.#holdings.usurp(directory)
  }
}

/** Nothing that runs in the machine listens: servers are tested on the real network. */
const noNetwork: Network = {
  listen: () => Promise.reject(new Error('a simulated machine has no network')),
  listenTls: () => Promise.reject(new Error('a simulated machine has no network')),
  listenUdp: () => Promise.reject(new Error('a simulated machine has no network')),
}

const noResolver: Resolver = {
  addressesOf: () => Promise.reject(new Error('a simulated machine has no network')),
}

function randomOf(random: SeededRandom): Random {
  return {
    bytes: (count) => random.bytes(count),
    fraction: () => random.fraction(),
    uuid() {
      const bytes = random.bytes(16)
      bytes[6] = ((bytes[6] as number) & 0x0f) | 0x40
      bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    },
  }
}
