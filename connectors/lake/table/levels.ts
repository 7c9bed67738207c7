// The definition or repetition levels of a leaf's entries, a byte each.

const firstCapacity = 64

export class Levels {
  #bytes = new Uint8Array(firstCapacity)

  /** The levels of the first `count` entries, as a view that holds until the next one is set. */
  first(count: number): Uint8Array {
    return this.#bytes.subarray(0, count)
  }

  set(entry: number, level: number): void {
    if (entry >= this.#bytes.length) this.#grow(entry + 1)
    this.#bytes[entry] = level
  }

  /** Sets those from `start` up to `end`. */
  fill(level: number, start: number, end: number): void {
    if (end > this.#bytes.length) this.#grow(end)
    this.#bytes.fill(level, start, end)
  }

  /** Sets the first ones. */
  copy(levels: Uint8Array): void {
    if (levels.length > this.#bytes.length) this.#grow(levels.length)
    this.#bytes.set(levels)
  }

  /** Forgets them, and gives the memory back. */
  clear(): void {
    this.#bytes = new Uint8Array(firstCapacity)
  }

  #grow(needed: number): void {
    const grown = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}
