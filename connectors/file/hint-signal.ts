// Hints from the system: which paths changed since the last call of `read`, and a wait for the next one.

/** More paths than this are not kept one by one: a look finds them all. */
const maxPaths = 10_000

export class HintSignal {
  readonly #paths = new Set<string>()
  #given = false
  #wake: (() => void) | undefined

  /** Something happened to the path; undefined when it is not known which. */
  give(path: string | undefined): void {
    if (path !== undefined && this.#paths.size < maxPaths) this.#paths.add(path)
    this.#given = true
    this.#wake?.()
  }

  /** The paths since the last call. */
  take(): readonly string[] {
    const paths = [...this.#paths]
    this.#paths.clear()
    this.#given = false
    return paths
  }

  /** Resolves with the next hint, at once when there was one since `take`; rejects when aborted. One waiter at a time. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#given) return
    let abort = (): void => undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#wake = resolve
        abort = () => reject(signal.reason as Error)
        signal.addEventListener('abort', abort, { once: true })
      })
    } finally {
      this.#wake = undefined
      signal.removeEventListener('abort', abort)
    }
  }
}
