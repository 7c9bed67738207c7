// How the edges of one kind are told to end, all at once: first to come to their end, then that time is over.

import { setMaxListeners } from 'node:events'
import type { Clock } from '../runtime/clock.js'
import type { EdgeStop } from './edge-environment.js'
import { pipelineErrors } from './errors.js'

export class DrainSignal implements EdgeStop {
  catchUpMs = 0
  private readonly clock: Clock
  private readonly endingController = new AbortController()
  private readonly cancelController = new AbortController()

  constructor(clock: Clock) {
    this.clock = clock
    // Every edge listens, with more than one ear: as many as a pipeline has are no leak.
    setMaxListeners(0, this.ending, this.cancelled)
  }

  get ending(): AbortSignal {
    return this.endingController.signal
  }

  get cancelled(): AbortSignal {
    return this.cancelController.signal
  }

  /**
   * Tells the edges to end and resolves when `done` does; after `deadlineMs` nothing waits for a connector any more.
   * `catchUpMs`: how long sinks may go on to reach the end of the log.
   */
  async drain(
    done: Promise<unknown>,
    { deadlineMs, catchUpMs }: { deadlineMs: number; catchUpMs: number },
  ): Promise<void> {
    this.catchUpMs = catchUpMs
    this.endingController.abort()
    const isDone = new AbortController()
    // Slept, not timed: the process has to stay until the drain is over.
    const overtime = this.clock.sleep(deadlineMs, isDone.signal).then(
      () =>
        this.cancelController.abort(pipelineErrors.make('connector_hangs', `it did not end within ${deadlineMs} ms`)),
      () => undefined,
    )
    await done
    isDone.abort()
    await overtime
  }
}
