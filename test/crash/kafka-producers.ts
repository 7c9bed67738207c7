// Starts the process of the producers, and asks it for its ledger.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { SentBatch } from './kafka-ledger.js'

const program = fileURLToPath(new URL('kafka-producers-process.js', import.meta.url))

export interface ProducersReport {
  readonly ledger: readonly SentBatch[]
  readonly sends: number
  /** Of these, the ones that were tried more than once. */
  readonly repeatedSends: number
  /** Producer ids under which something was sent. */
  readonly producers: number
  /** Answers after which a producer may not go on. */
  readonly refusals: readonly string[]
}

export class KafkaProducers {
  readonly #child: ChildProcess

  constructor(address: string, seed: number) {
    this.#child = fork(program, [address, String(seed)])
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  /** Lets every send come to its end. Throws when that takes longer, or the process ends without a report. */
  async finish(patienceMs: number): Promise<ProducersReport> {
    const signal = AbortSignal.timeout(patienceMs)
    const report = once(this.#child, 'message', { signal }) as Promise<[ProducersReport]>
    // Unlike its exit, this is told after its last message.
    const end = once(this.#child, 'disconnect', { signal }).then(() => {
      throw new Error('the producers ended without a report')
    })
    end.catch(() => undefined) // it ends after its report
    this.#child.send('finish')
    const [answer] = await Promise.race([report, end])
    return answer
  }

  dismiss(): void {
    this.#child.kill()
  }
}
