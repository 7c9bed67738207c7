// The whole product as it is killed at system calls: rotating files, the log, two lakes, each scenario in one
// directory throughout.

import { setTimeout as sleep } from 'node:timers/promises'
import type { SeededRandom } from '../simulation/world/seeded-random.js'
import { type CrashSite, makeCrashSite, type SiteOptions } from './crash-site.js'
import { HubProcess } from './hub-process.js'
import { Judge, requireExact } from './judge.js'
import { RotatingWriters } from './rotating-writers.js'

interface HubPlan extends SiteOptions {
  /** What happens while it runs. */
  readonly life: (hub: HubProcess, writers: RotatingWriters) => Promise<unknown>
  /** And before it starts. */
  readonly before?: (writers: RotatingWriters) => void
}

const turnMs = 10

async function writeFor(hub: HubProcess, writers: RotatingWriters, ms: number): Promise<void> {
  for (let elapsedMs = 0; elapsedMs < ms && !hub.hasEnded; elapsedMs += turnMs) {
    writers.turn()
    await sleep(turnMs)
  }
}

const plans: Readonly<Record<string, HubPlan>> = {
  'a start after a kill': { before: (writers) => writers.turn(), life: (hub) => hub.ready },
  'files grow': { life: async (hub, writers) => (await hub.ready) && writeFor(hub, writers, 800) },
  'files rotate': {
    life: async (hub, writers) => {
      await hub.ready
      for (let rotation = 0; rotation < 4 && !hub.hasEnded; rotation++) {
        writers.rotateAll()
        await sleep(150)
      }
    },
  },
  'files rotate while it is down': {
    before: (writers) => writers.rotateAll(),
    life: (hub) => hub.ready.then(() => sleep(500)),
  },
  'plans of the lakes are closed': {
    compression: 'gzip',
    life: async (hub, writers) => {
      await hub.ready
      await writeFor(hub, writers, 400)
      await sleep(600)
    },
  },
  'a stop that drains': {
    life: async (hub, writers) => {
      await hub.ready
      await writeFor(hub, writers, 200)
      await hub.stop('SIGTERM')
    },
  },
}

export const hubScenarioNames: readonly string[] = Object.keys(plans)

const streamCount = 5
const patienceMs = 60_000

export class HubScenario {
  readonly #plan: HubPlan
  readonly #site: CrashSite
  readonly #writers: RotatingWriters
  readonly #judge = new Judge()

  constructor(name: string, random: SeededRandom) {
    this.#plan = plans[name]!
    this.#site = makeCrashSite('syscall', this.#plan)
    this.#writers = new RotatingWriters(this.#site.logs, streamCount, random)
  }

  get directory(): string {
    return this.#site.directory
  }

  /** Runs it until its life is over or it is struck; tells whether it was. Nothing survives. */
  async run(launcher: readonly string[]): Promise<boolean> {
    this.#plan.before?.(this.#writers)
    const hub = new HubProcess(this.#site, launcher)
    // To its end also when it was struck: nothing is written after the ledger was taken.
    await this.#plan.life(hub, this.#writers)
    const isStruck = hub.hasEnded
    const { exitCode, signal } = await hub.stop('SIGKILL')
    if (isStruck && signal !== 'SIGKILL' && exitCode !== 0) throw new Error(`ended with ${exitCode}:\n${hub.output}`)
    return isStruck && signal === 'SIGKILL'
  }

  /** Starts it again, waits until every line is in both lakes, and stops it. */
  async settleAndJudge(): Promise<void> {
    this.#writers.finishLines()
    const hub = new HubProcess(this.#site)
    const { ndjson, raw } = this.#site.lakes
    const lakes = [
      { root: ndjson, form: 'ndjson' as const },
      { root: raw, form: 'raw' as const },
    ]
    const verdicts = await this.#judge.ask({ lakes, ledger: this.#writers.ledger(), patienceMs })
    // The next strike meets what a kill leaves, not what a stop does.
    await hub.stop('SIGKILL')
    for (const verdict of verdicts) requireExact(verdict.root, verdict)
    this.#writers.removeRotated()
  }

  async end(): Promise<void> {
    await this.settleAndJudge()
    this.#site.remove()
  }

  dismiss(): void {
    this.#judge.dismiss()
  }
}
