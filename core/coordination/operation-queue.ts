// Operations that run one after the other, so that each decides on what the one before left behind.
//
// Bounded by who asks: each operation has a caller that waits for it, or is a time-out, of which there is one at a time.

export class OperationQueue {
  private last: Promise<unknown> = Promise.resolve()
  private queued = 0

  get isIdle(): boolean {
    return this.queued === 0
  }

  /** Runs it behind all that were asked for before, whatever became of those; answers what it answers. */
  run<Result>(operation: () => Promise<Result>): Promise<Result> {
    this.queued++
    const run = this.last.then(operation).finally(() => {
      this.queued--
    })
    this.last = run.catch(() => undefined)
    return run
  }

  /** Resolves when nothing is queued any more. */
  async idle(): Promise<void> {
    while (this.queued > 0) await this.last
  }
}
