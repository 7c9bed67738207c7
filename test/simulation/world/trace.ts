// What happened, folded into a hash: two runs of one seed must agree in it. A switch keeps readable lines too.

import { crc32 } from 'node:zlib'

export class Trace {
  #low = 0x811c9dc5 | 0
  #high = 0x1b873593 | 0
  readonly #lines: string[] | undefined

  constructor(options: { readonly keepLines: boolean }) {
    this.#lines = options.keepLines ? [] : undefined
  }

  /** Folds in a number, of which 53 bits count. */
  number(value: number): void {
    this.#mix(value | 0)
    this.#mix((value / 2 ** 32) | 0)
  }

  text(value: string): void {
    for (let at = 0; at < value.length; at++) this.#low = Math.imul(this.#low ^ value.charCodeAt(at), 0x01000193)
    this.#mix(value.length)
  }

  bytes(value: Uint8Array): void {
    this.#mix(crc32(value))
  }

  /** Keeps a line when lines are kept; the text is made only then. */
  line(make: () => string): void {
    this.#lines?.push(make())
  }

  /** The lines kept so far; empty when they are not. */
  lines(): readonly string[] {
    return this.#lines ?? []
  }

  /** 16 hexadecimal digits over all that was folded in so far. */
  hash(): string {
    return [this.#high, this.#low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #mix(value: number): void {
    this.#low = Math.imul(this.#low ^ value, 0x85ebca6b)
    this.#low ^= this.#low >>> 15
    this.#high = (Math.imul(this.#high, 0xc2b2ae35) + this.#low) | 0
    this.#high ^= this.#high >>> 13
  }
}
