// The bytes of bodies that are in memory. Who finds no room is refused at once and told to come again: bodies that wait
// for each other would hold what the others need.

export class BodyMemory {
  readonly #capacityBytes: number
  #heldBytes = 0

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Counts the bytes, or says false. */
  take(bytes: number): boolean {
    if (this.#heldBytes + bytes > this.#capacityBytes) return false
    this.#heldBytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#heldBytes -= bytes
  }
}
