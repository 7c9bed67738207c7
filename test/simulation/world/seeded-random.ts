// Chance from a seed: sfc32 (Chris Doty-Humphrey's Small Fast Counting generator), 128 bits of state.
// The same seed gives the same numbers on every machine.

export class SeededRandom {
  #a: number
  #b: number
  #c: number
  #counter: number

  constructor(seed: number) {
    this.#a = seed | 0
    this.#b = (seed / 2 ** 32) | 0
    this.#c = 0x9e3779b9 | 0
    this.#counter = 1
    for (let round = 0; round < 12; round++) this.uint32()
  }

  uint32(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = (this.#c << 21) | (this.#c >>> 11)
    this.#c = (this.#c + sum) | 0
    return sum >>> 0
  }

  /** Uniform in [0, 1). */
  fraction(): number {
    return this.uint32() / 2 ** 32
  }

  /** Uniform among 0 … bound - 1. */
  below(bound: number): number {
    return Math.floor(this.fraction() * bound)
  }

  chance(probability: number): boolean {
    return probability > 0 && this.fraction() < probability
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T
  }

  bytes(count: number): Buffer {
    const bytes = Buffer.allocUnsafe(count)
    for (let at = 0; at < count; at++) bytes[at] = this.uint32()
    return bytes
  }

  /** A generator of its own: what it is asked for does not shift the numbers of this one. */
  fork(): SeededRandom {
    return new SeededRandom(this.uint32() + this.uint32() * 2 ** 20)
  }
}
