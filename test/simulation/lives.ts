// One run of the embedded engine in the simulated machine: lives of a process, each ended by a crash or a close, with
// an examination after each start. The seed decides everything. What is done in a life, and what must hold then, is a
// scenario: log-run.ts and transaction-run.ts have one each.

import { openEmbeddedEngine } from '../../core/engine/embedded/embedded-engine.js'
import type { LogEngine } from '../../core/engine/log-engine.js'
import { TailraceError, messageOf } from '../../core/errors/tailrace-error.js'
import { silentLogger } from '../../core/telemetry/logger.js'
import { silentRecorder } from '../../core/telemetry/recorder.js'
import { LogClient } from './log-client.js'
import { type LogModel, Violation } from './log-model.js'
import { dataDirectory, keptGroup } from './log-operations.js'
import type { RunPlan } from './log-plan.js'
import { flipBit, rotAtRest, type Rot } from './log-rot.js'
import { SeededRandom } from './world/seeded-random.js'
import { SimulatedCrash } from './world/simulated-crash.js'
import { type CrashOptions, SimulatedWorld } from './world/simulated-world.js'

/** What the examinations of a run have to do with. */
export interface Examined {
  readonly engine: LogEngine
  readonly machine: SimulatedWorld
  readonly random: SeededRandom
}

export interface Scenario<Name extends string> {
  readonly model: LogModel
  drawPlan(random: SeededRandom): RunPlan<Name>
  readonly operations: Readonly<Record<Name, (client: LogClient) => Promise<void>>>
  /** After each start, with nothing under way but what the engine does by itself: throws a Violation. */
  examine(examined: Examined): Promise<void>
  /** The same in the last life, in which nothing strikes any more, before the engine is closed. */
  examineLast(examined: Examined): Promise<void>
  /** What lies on the disk behind the last life. */
  examineDisk?(machine: SimulatedWorld): void
}

export interface RunReport {
  readonly seed: number
  readonly hash: string
  readonly operationCount: number
  readonly crashCount: number
  readonly recoveryCrashCount: number
  readonly refusedStartCount: number
  /** How often each fault struck. */
  readonly faults: Readonly<Record<string, number>>
  /** The trace, when it was asked for. */
  readonly lines: readonly string[]
}

/** Nothing that a run waits for takes longer, with all its faults. */
const lifeLimits = { eventCount: 400_000, virtualMs: 900_000 }
/** When faults stop, all that is under way completes within this. */
const quietMs = 120_000
/** An operation that takes longer while faults are in force finds them gone. */
const patienceMs = 20_000
const leastCrashes = 2
/** From the fifth on nothing strikes; healed damage needs one more. */
const mostStarts = 12
/** Refusals that leave the disk as it is. */
const damageCodes = new Set(['checkpoint_damaged', 'journal_damaged', 'journal_gap', 'segment_missing'])
const fullCapacity = 2 ** 40

/** Runs a seed; rejects with the Violation, or with whatever else went wrong, its message naming the seed. */
export async function runSeed<Name extends string>(seed: number, scenario: Scenario<Name>): Promise<RunReport> {
  const run = new Lives(seed, scenario, false)
  try {
    return await run.run()
  } catch (error) {
    throw new Violation(`seed ${seed}: ${messageOf(error)}`, { cause: error })
  }
}

/** Runs a seed for its trace, also when it fails. */
export async function traceSeed<Name extends string>(
  seed: number,
  scenario: Scenario<Name>,
): Promise<{ readonly lines: readonly string[]; readonly failure: unknown }> {
  const run = new Lives(seed, scenario, true)
  try {
    return { lines: (await run.run()).lines, failure: undefined }
  } catch (failure) {
    return { lines: run.machine.trace.lines(), failure }
  }
}

class Lives<Name extends string> {
  readonly machine: SimulatedWorld
  readonly #seed: number
  readonly #random: SeededRandom
  readonly #scenario: Scenario<Name>
  readonly #plan: RunPlan<Name>
  readonly #model: LogModel
  #operationCount = 0
  #crashCount = 0
  #recoveryCrashCount = 0
  #refusedStartCount = 0
  /** Failures that come after the answer of an operation has been given up on. */
  #failure: unknown

  constructor(seed: number, scenario: Scenario<Name>, keepLines: boolean) {
    this.#seed = seed
    this.#scenario = scenario
    this.#model = scenario.model
    this.#random = new SeededRandom(seed + 2 ** 40)
    this.#plan = scenario.drawPlan(this.#random.fork())
    this.machine = new SimulatedWorld({ seed, keepLines })
  }

  async run(): Promise<RunReport> {
    while (this.#operationCount < this.#plan.operationCount || this.#crashCount < leastCrashes) await this.#live()
    await this.#lastLife()
    this.#scenario.examineDisk?.(this.machine)
    return {
      seed: this.#seed,
      hash: this.machine.trace.hash(),
      operationCount: this.#operationCount,
      crashCount: this.#crashCount,
      recoveryCrashCount: this.#recoveryCrashCount,
      refusedStartCount: this.#refusedStartCount,
      faults: this.machine.faults.counts(),
      lines: this.machine.trace.lines(),
    }
  }

  /** From a start to a crash or a close. */
  async #live(): Promise<void> {
    const { machine } = this
    const engine = await this.#start()
    const random = this.#random
    const client = new LogClient({ machine, engine, model: this.#model, random, plan: this.#plan })
    this.#armFaults(client)
    const mode = random.chance(0.7) ? 'power' : 'kill'
    const unsynced = random.pick(['any', 'any', 'any', 'lost', 'kept'] as const)
    if (random.chance(0.6))
      machine.crashAt(machine.callCount + 1 + random.below(random.pick([100, 1500])), { mode, unsynced })
    const ended = await this.#inMachine(() => this.#operate(client))
    if (this.#failure !== undefined) throw this.#failure
    machine.faults.disarmAll()
    const closes = ended !== 'died' && random.chance(0.4)
    client.isClosing = closes
    if (closes && (await this.#inMachine(() => engine.close())) !== 'died') {
      if (client.hasFailed) this.#model.noteCrash('kill')
      else this.#model.noteClose()
      machine.crash({ mode: 'kill' })
      if (this.#failure !== undefined) throw this.#failure
      return
    }
    this.#noteCrash(client.isOver, { mode, unsynced })
    if (this.#failure !== undefined) throw this.#failure
  }

  /** The process died, or is made to. */
  #noteCrash(isDead: boolean, crash: { readonly mode: 'power' | 'kill' } & CrashOptions): void {
    if (!isDead) this.machine.crash(crash)
    this.#crashCount++
    this.#model.noteCrash(crash.mode)
  }

  async #operate(client: LogClient): Promise<void> {
    const { machine } = this
    const random = this.#random
    const underWay = new Map<Promise<void>, Name>()
    const operationCount = 10 + random.below(70)
    for (let done = 0; done < operationCount && !client.isOver && this.#failure === undefined; done++) {
      await machine.clock.sleep(random.fraction() * this.#plan.pauseMs)
      await this.#waitForRoom(client, underWay)
      if (client.isOver || (client.hasFailed && random.chance(0.2))) return
      const name = this.#drawOperation()
      if (name === 'fill-disk') client.meetsFaults = true
      this.#operationCount++
      machine.trace.line(() => `operation ${name}`)
      const operation: Promise<void> = this.#scenario.operations[name](client)
        .catch((error: unknown) => {
          if (!client.isOver) this.#failure ??= error
        })
        .finally(() => underWay.delete(operation))
      underWay.set(operation, name)
    }
    if (this.#random.chance(0.5)) await this.#comeToRest(client, underWay)
  }

  /** Nobody waits longer than that for an answer; a full disk may make it so, and is then freed. */
  async #waitForRoom(client: LogClient, underWay: ReadonlyMap<unknown, string>): Promise<void> {
    const { machine } = this
    const endMs = machine.clock.monotonicMs() + patienceMs
    while (underWay.size >= this.#plan.concurrency && !client.isOver && this.#failure === undefined) {
      await machine.clock.sleep(1)
      if (machine.clock.monotonicMs() > endMs) await this.#comeToRest(client, underWay)
    }
  }

  /** Faults stop: all that is under way must end by itself. */
  async #comeToRest(client: LogClient, underWay: ReadonlyMap<unknown, string>): Promise<void> {
    const { machine } = this
    if (client.isOver) return
    machine.faults.disarmAll()
    machine.disk.capacityBytes = fullCapacity
    const endMs = machine.clock.monotonicMs() + quietMs
    while (underWay.size > 0 && !client.isOver && this.#failure === undefined) {
      if (machine.clock.monotonicMs() > endMs)
        throw new Violation(
          `${[...underWay.values()].join(', ')} are still under way ${quietMs} ms after the last fault`,
        )
      await machine.clock.sleep(5)
    }
    if (client.hasFailed && !client.meetsFaults)
      throw new Violation(`the engine stopped without a fault: ${messageOf(client.engine.failed.reason)}`)
  }

  #drawOperation(): Name {
    const { operations: takingPart } = this.#plan
    let at = this.#random.fraction() * takingPart.reduce((sum, { weight }) => sum + weight, 0)
    for (const { name, weight } of takingPart) {
      at -= weight
      if (at < 0) return name
    }
    return takingPart[0]!.name
  }

  #armFaults(client: LogClient): void {
    const { faults } = this.machine
    const random = this.#random
    client.meetsFaults = this.machine.disk.capacityBytes < fullCapacity
    if (this.#plan.isSlow) faults.slowDown({ chance: 0.02, maxMs: random.pick([20, 500, 5000]) })
    for (const kind of this.#plan.failures) {
      if (!random.chance(0.5)) continue
      client.meetsFaults = true
      faults.arm(kind, { chance: random.pick([0.002, 0.02, 0.2]), times: random.pick([1, 3, 20]) })
    }
  }

  /** Opens the engine, through crashes and damage, until it serves what it should. */
  async #start(): Promise<LogEngine> {
    const { machine } = this
    const random = this.#random
    const rot =
      this.#crashCount > 0 && random.chance(0.25)
        ? rotAtRest(machine.disk, { model: this.#model, random, kinds: this.#plan.rot })
        : undefined
    if (rot !== undefined) {
      machine.trace.line(() => `rot ${rot.kind} ${rot.path} at ${rot.position}`)
      machine.rot(rot.path, rot.position, rot.bit)
    }
    for (let attempt = 0; attempt < mostStarts; attempt++) {
      const isLast = attempt >= 4
      if (isLast) machine.disk.capacityBytes = fullCapacity
      if (!isLast && random.chance(0.3)) machine.crashAt(machine.callCount + 1 + random.below(random.pick([30, 300])))
      if (!isLast && random.chance(0.15) && this.#plan.failures.length > 0)
        machine.faults.arm(random.pick(this.#plan.failures), { chance: 0.05, times: 1 })
      const opened = await this.#open(isLast, rot)
      machine.faults.disarmAll()
      if (opened !== undefined) return opened
    }
    throw new Violation(`${mostStarts} starts in a row were refused or cut off, and nothing strikes any more`)
  }

  /** Undefined when the start was cut off or refused for a reason. */
  async #open(mustSucceed: boolean, rot: Rot | undefined): Promise<LogEngine | undefined> {
    const { machine } = this
    const world = machine.boot()
    const struckBefore = this.#struck()
    const options = {
      ...this.#plan.engine,
      directory: dataDirectory,
      world,
      logger: silentLogger,
      recorder: silentRecorder,
    }
    const sinceMs = machine.clock.now() - machine.clock.monotonicMs()
    this.#model.endLook(() => Math.min(machine.clock.now(), sinceMs + machine.clock.monotonicMs()))
    const opened = await this.#inMachine(async () => {
      try {
        const engine = await openEmbeddedEngine(options)
        engine.keepFor([
          { group: keptGroup, topics: this.#plan.topics.filter(({ isKept }) => isKept).map(({ name }) => name) },
        ])
        machine.faults.disarmAll()
        await this.#scenario.examine(this.#examined(engine))
        return engine
      } catch (error) {
        if (!(error instanceof TailraceError)) throw error
        return error
      }
    })
    if (opened === 'died') {
      this.#recoveryCrashCount++
      this.#crashCount++
      this.#model.noteCrash('power')
      return undefined
    }
    if (!(opened instanceof TailraceError)) {
      // A crash that was asked for and did not come in the start may not come in the middle of nowhere.
      machine.crashAt(0)
      return opened
    }
    const hasReason = this.#struck() > struckBefore || rot !== undefined || machine.disk.capacityBytes < fullCapacity
    if (!hasReason || (mustSucceed && rot === undefined))
      throw new Violation(`the start was refused: ${opened.code} ${opened.message}`, { cause: opened })
    this.#refusedStartCount++
    this.#noteCrash(false, { mode: this.#random.chance(0.5) ? 'power' : 'kill' })
    // A refused start has touched nothing: with the bit as it was, everything is there.
    if (rot !== undefined && !rot.isHealed && damageCodes.has(opened.code)) flipBit(machine, rot)
    return undefined
  }

  /** Starts once more, examines, closes. */
  async #lastLife(): Promise<void> {
    const { machine } = this
    machine.disk.capacityBytes = fullCapacity
    const engine = await this.#start()
    const ended = await this.#inMachine(async () => {
      await this.#scenario.examineLast(this.#examined(engine))
      await engine.close()
    })
    if (ended === 'died') throw new Violation('the last life died without a crash')
    machine.crash({ mode: 'kill' })
  }

  #examined(engine: LogEngine): Examined {
    return { engine, machine: this.machine, random: this.#random }
  }

  /** Failures of any kind that struck so far. */
  #struck(): number {
    const counts = this.machine.faults.counts()
    return Object.entries(counts).reduce(
      (sum, [kind, count]) => (/error|no-space|many|disk-full/.test(kind) ? sum + count : sum),
      0,
    )
  }

  async #inMachine<T>(work: () => Promise<T>): Promise<T | 'died'> {
    const { crashCount } = this.machine
    try {
      const result = await this.machine.run(work, lifeLimits)
      return this.machine.crashCount === crashCount ? result : 'died'
    } catch (error) {
      // What a process answers that died on the way means nothing.
      if (error instanceof SimulatedCrash || this.machine.crashCount !== crashCount) return 'died'
      throw error
    }
  }
}
