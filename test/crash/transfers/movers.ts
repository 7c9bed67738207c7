// The movers as processes: starts them, kills and pauses them, and keeps what they told, so that it outlives them.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { SeededRandom } from '../../simulation/world/seeded-random.js'
import type { TransactionEnd } from './transfer-judgement.js'

/** Moments in a transaction: `ending` is while its commit or abort is on its way. */
export const moverStages = ['half-sent', 'sent', 'offsets-sent', 'ending'] as const
export type MoverStage = (typeof moverStages)[number]

/** What a mover does to itself when it gets to a stage, for nobody else can hit that moment. */
export interface MoverOrder {
  readonly stage: MoverStage
  readonly signal: 'SIGKILL' | 'SIGSTOP'
}

export type MoverReport =
  | {
      readonly kind: 'committed'
      readonly transaction: string
      readonly partition: number
      readonly nextOffset: number
    }
  | { readonly kind: 'aborted'; readonly transaction: string }
  | { readonly kind: 'fenced' }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'refused'; readonly reason: string }

const program = fileURLToPath(new URL('mover-process.js', import.meta.url))
const moverCount = 3
/** How long a mover may take to come to the moment at which it is to die. */
const mostStageWaitMs = 4000
/** Beyond the session time-out of a mover, and about as long as its partitions take to be given to another. */
const leastPauseMs = 2000
const mostPauseMs = 4000

export class Movers {
  readonly ends = new Map<string, TransactionEnd>()
  readonly refusals: string[] = []
  /** Times that a mover learnt that another has taken its partition. */
  fencedCount = 0
  pauseCount = 0
  /** By stage, the movers that died there; others died at any moment. */
  readonly killsByStage = new Map<MoverStage | 'any', number>()
  readonly #address: string
  readonly #random: SeededRandom
  readonly #running: ChildProcess[] = []
  readonly #stopped = new Set<ChildProcess>()
  /** By partition of the input, as committed transactions told. */
  readonly #nextOffsets = new Map<number, number>()
  #started = 0
  #isDismissed = false

  constructor(address: string, random: SeededRandom) {
    this.#address = address
    this.#random = random
    for (let count = 0; count < moverCount; count++) this.#start()
  }

  /** Records of the input that are known to have been moved. */
  get movedCount(): number {
    return [...this.#nextOffsets.values()].reduce((sum, offset) => sum + offset, 0)
  }

  /** One dies at the stage, or at any moment when it does not get there in time; another takes its place. */
  async kill(stage?: MoverStage): Promise<void> {
    const mover = this.#random.pick(stage === undefined ? this.#running : this.#awake())
    let died = stage ?? ('any' as const)
    if (stage !== undefined) {
      mover.send({ stage, signal: 'SIGKILL' } satisfies MoverOrder)
      const isDead = once(mover, 'exit').then(() => true)
      if (!(await Promise.race([isDead, sleep(mostStageWaitMs, false)]))) died = 'any'
    }
    await end(mover)
    this.killsByStage.set(died, (this.killsByStage.get(died) ?? 0) + 1)
    this.#start()
  }

  /** One stands still at the stage, until its group takes it for dead; then it goes on where it was. */
  pause(stage: MoverStage): void {
    this.#random.pick(this.#awake()).send({ stage, signal: 'SIGSTOP' } satisfies MoverOrder)
  }

  async dismiss(): Promise<void> {
    this.#isDismissed = true
    await Promise.all(this.#running.map((mover) => end(mover)))
  }

  /** Those that come to a stage; all when none does. */
  #awake(): readonly ChildProcess[] {
    const awake = this.#running.filter((mover) => !this.#stopped.has(mover))
    return awake.length > 0 ? awake : this.#running
  }

  #start(): void {
    const name = `m${this.#started++}`
    const mover = fork(program, [this.#address, name, String(this.#random.uint32())])
    this.#running.push(mover)
    mover.on('message', (report: MoverReport) => this.#take(mover, report))
    mover.once('exit', (exitCode, signal) => {
      this.#running.splice(this.#running.indexOf(mover), 1)
      if (signal === 'SIGKILL' || this.#isDismissed) return
      this.refusals.push(`${name} ended by itself with ${exitCode ?? signal}`)
    })
  }

  #take(mover: ChildProcess, report: MoverReport): void {
    if (report.kind === 'refused') this.refusals.push(report.reason)
    else if (report.kind === 'fenced') this.fencedCount++
    else if (report.kind === 'stopping') void this.#wake(mover)
    else this.ends.set(report.transaction, report.kind)
    if (report.kind !== 'committed') return
    const { partition, nextOffset } = report
    this.#nextOffsets.set(partition, Math.max(nextOffset, this.#nextOffsets.get(partition) ?? 0))
  }

  async #wake(mover: ChildProcess): Promise<void> {
    this.pauseCount++
    this.#stopped.add(mover)
    await sleep(leastPauseMs + this.#random.below(mostPauseMs - leastPauseMs))
    this.#stopped.delete(mover)
    mover.kill('SIGCONT')
  }
}

async function end(mover: ChildProcess): Promise<void> {
  if (mover.exitCode !== null || mover.signalCode !== null) return
  const ended = once(mover, 'exit')
  mover.kill('SIGKILL')
  await ended
}
