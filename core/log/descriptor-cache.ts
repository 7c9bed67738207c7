// Closed segments that were read lately keep their descriptor and their loaded indexes; the least recently used are
// let go beyond the bound. Active and unsynced segments are never let go.

export interface Closable {
  readonly isPinned: boolean
  readonly isOpen: boolean
  letGo(): void
}

/** Enough for the sinks of a large pipeline; an index of a full segment is up to 2 MiB, so this bounds memory too. */
const idleSegmentLimit = 32

export class DescriptorCache {
  readonly #recent = new Set<Closable>()
  readonly #limit: number

  constructor(limit: number = idleSegmentLimit) {
    this.#limit = limit
  }

  /** It was used just now, or became idle. */
  touch(segment: Closable): void {
    this.#recent.delete(segment)
    if (segment.isPinned || !segment.isOpen) return
    this.#recent.add(segment)
    for (const oldest of this.#recent) {
      if (this.#recent.size <= this.#limit) return
      this.#recent.delete(oldest)
      if (!oldest.isPinned) oldest.letGo()
    }
  }

  forget(segment: Closable): void {
    this.#recent.delete(segment)
  }
}
