// Waits that an abort ends. Listeners are taken away again: signals here live as long as the process.

/** Settles as the promise does, or rejects with the signal's reason as soon as it is aborted, whichever is first. */
export function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason)
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
    // Observes the promise even when the abort won, so that a late rejection has an owner.
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}

/** A signal that any of several aborts, until it is let go. */
export class LinkedAbort {
  private readonly controller = new AbortController()
  private readonly sources: readonly AbortSignal[]
  private readonly onAbort = (event: Event): void => this.abort((event.target as AbortSignal).reason)

  constructor(...sources: readonly AbortSignal[]) {
    this.sources = sources
    for (const source of sources) {
      if (source.aborted) this.abort(source.reason)
      else source.addEventListener('abort', this.onAbort, { once: true })
    }
  }

  get signal(): AbortSignal {
    return this.controller.signal
  }

  abort(reason?: unknown): void {
    this.controller.abort(reason)
  }

  /** Listens no longer; twice is fine. */
  release(): void {
    for (const source of this.sources) source.removeEventListener('abort', this.onAbort)
  }
}
