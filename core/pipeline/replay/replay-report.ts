// What a replay did, in numbers. Every value can be sent as JSON.

import type { FailedPlace } from './failed-place.js'

const mostExamples = 5

export interface ReplayReport {
  readonly topic: string
  readonly isDryRun: boolean
  /** Letters that went back, or would in a dry run. */
  readonly replayed: number
  /** Letters that an earlier run had put back. */
  readonly repeated: number
  /** Letters that the filter left out. */
  readonly filtered: number
  /** Letters that go back before an earlier one of their key, which was left out; at least. */
  readonly overtaking: number
  readonly targets: readonly { readonly edge: string; readonly topic: string; readonly count: number }[]
  /** Letters that cannot go back, by their reason, with the first few of each. */
  readonly refused: readonly {
    readonly reason: string
    readonly count: number
    readonly examples: readonly { readonly partition: number; readonly offset: number }[]
  }[]
}

export class ReplayTally {
  replayed = 0
  repeated = 0
  filtered = 0
  overtaking = 0
  readonly #topic: string
  readonly #isDryRun: boolean
  readonly #targets = new Map<string, { edge: string; topic: string; count: number }>()
  readonly #refused = new Map<string, { count: number; examples: { partition: number; offset: number }[] }>()

  constructor(topic: string, isDryRun: boolean) {
    this.#topic = topic
    this.#isDryRun = isDryRun
  }

  replay({ pipeline, edge }: FailedPlace, topic: string): void {
    const name = `${pipeline}.${edge} ${topic}`
    const target = this.#targets.get(name) ?? { edge: `${pipeline}.${edge}`, topic, count: 0 }
    target.count++
    this.#targets.set(name, target)
    this.replayed++
  }

  /** Always false: the letter does not go back. */
  refuse(reason: string, at: { readonly partition: number; readonly offset: number }): false {
    const refused = this.#refused.get(reason) ?? { count: 0, examples: [] }
    refused.count++
    if (refused.examples.length < mostExamples) refused.examples.push(at)
    this.#refused.set(reason, refused)
    return false
  }

  report(): ReplayReport {
    const { replayed, repeated, filtered, overtaking } = this
    const refused = [...this.#refused].map(([reason, counted]) => ({ reason, ...counted }))
    const counts = { replayed, repeated, filtered, overtaking }
    return { topic: this.#topic, isDryRun: this.#isDryRun, ...counts, targets: [...this.#targets.values()], refused }
  }
}
