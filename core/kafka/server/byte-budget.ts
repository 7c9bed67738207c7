// The memory that connections may hold together: requests as they arrive, and answers that are not taken yet.
//
// A request is counted with its whole length before it is read on, and its connection waits in line when there is no
// room; what it holds beside is at work and waits for no room, so no two wait for each other. Answers, and small requests
// that begin beside others, are counted without a wait: who adds to them asks for `room` first. When requests have taken
// all, small answers find `leastRoom`.

const tightShare = 1 / 8

export class ByteBudget {
  readonly #capacityBytes: number
  readonly #overdraftBytes: number
  readonly #waiting = new Map<object, { readonly bytes: number; readonly admit: () => void }>()
  #heldBytes = 0

  /** `overdraftBytes` come on top, for answers alone. */
  constructor(capacityBytes: number, overdraftBytes = 0) {
    this.#capacityBytes = capacityBytes
    this.#overdraftBytes = overdraftBytes
  }

  get heldBytes(): number {
    return this.#heldBytes
  }

  /** What an answer may still take; never below zero. */
  get room(): number {
    return Math.max(0, this.#capacityBytes - this.#heldBytes)
  }

  /** What answers of the least size may still take; never below zero. */
  get leastRoom(): number {
    return Math.max(0, this.#capacityBytes + this.#overdraftBytes - this.#heldBytes)
  }

  /** Is there so little room that who holds some of it idly has to go? */
  get isTight(): boolean {
    return this.room < this.#capacityBytes * tightShare
  }

  /** Counts the bytes at once and says true, or calls `admit` when they are counted. The owner waits for one request. */
  take(owner: object, bytes: number, admit: () => void): boolean {
    if (this.#waiting.size === 0 && this.#fits(bytes)) {
      this.#heldBytes += bytes
      return true
    }
    this.#waiting.set(owner, { bytes, admit })
    return false
  }

  /** Counts what is there already. */
  add(bytes: number): void {
    this.#heldBytes += bytes
  }

  give(bytes: number): void {
    this.#heldBytes -= bytes
    for (const [owner, { bytes: wanted, admit }] of this.#waiting) {
      if (!this.#fits(wanted)) return
      this.#waiting.delete(owner)
      this.#heldBytes += wanted
      admit()
    }
  }

  /** The owner waits no more. */
  forget(owner: object): void {
    if (this.#waiting.delete(owner)) this.give(0)
  }

  /** One alone always fits, so that nobody waits for ever. */
  #fits(bytes: number): boolean {
    return this.#heldBytes === 0 || this.#heldBytes + bytes <= this.#capacityBytes
  }
}
