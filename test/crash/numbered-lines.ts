// The lines that the writers of a proof write, and what they remember of them.
//
//   STREAM-SEQUENCE gGENERATION FILLER        as in `web-000000042 g3 …`
//
// A stream is what one writer writes; its sequence counts through all files that it rotates. A generation is the
// content of one file: it ends with a rotation. The ledger holds counts and a hash over all lines, in memory alone.

import { createHash } from 'node:crypto'
import type { SeededRandom } from '../simulation/world/seeded-random.js'

export interface LedgerEntry {
  readonly stream: string
  readonly lineCount: number
  /** SHA-256 in hex over the lines in their order, each with a line feed. */
  readonly sha256: string
}

const filler = 'The quick brown fox jumps over the lazy dog; größer als 7 °C. {"a":"\\t"} '.repeat(8)

export class NumberedLines {
  readonly stream: string
  generation = 0
  #lineCount = 0
  readonly #hash = createHash('sha256')
  readonly #random: SeededRandom

  constructor(stream: string, random: SeededRandom) {
    this.stream = stream
    this.#random = random
  }

  /** The next line, without its end. */
  next(): string {
    const length = this.#random.chance(0.02) ? this.#random.below(filler.length) : this.#random.below(120)
    const sequence = String(this.#lineCount).padStart(9, '0')
    const line = `${this.stream}-${sequence} g${this.generation} ${filler.slice(0, length)}`
    this.#lineCount++
    this.#hash.update(line).update('\n')
    return line
  }

  entry(): LedgerEntry {
    return { stream: this.stream, lineCount: this.#lineCount, sha256: this.#hash.copy().digest('hex') }
  }
}
