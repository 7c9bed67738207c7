// One edge for as long as its pipeline runs: started, and started again when it fails, while the others go on.
//
// An error that says `never` is one of configuration or of the program: trying again cannot help, and going round in it
// would hide it. Such an edge stays down, as `failed` with its reason, until the hub is started anew. Every other error
// is tried again for ever, after 1 s at first and at most every 60 s.

import type { TailraceError } from '../errors/tailrace-error.js'
import { Backoff, restartBackoff } from './backoff.js'
import type { EdgeEnvironment, EdgeStop } from './edge-environment.js'
import { classified, type EdgeStatus } from './pipeline-status.js'

/** Who ran this long has recovered: its next failure is the first of a new series. */
const steadyMs = 60_000

export interface EdgeOptions {
  readonly environment: EdgeEnvironment
  readonly stop: EdgeStop
  /** One run: resolves at its end, rejects with what failed. */
  run(): Promise<void>
}

export class Edge {
  /** Resolves, and never rejects, when the edge is at its end. */
  readonly done: Promise<void>
  private readonly options: EdgeOptions

  /** Starts at once. */
  constructor(options: EdgeOptions) {
    this.options = options
    this.done = this.supervise()
  }

  status(): EdgeStatus {
    return this.options.environment.meter.status()
  }

  private async supervise(): Promise<void> {
    const { environment, stop } = this.options
    const { meter, world } = environment
    const backoff = new Backoff(restartBackoff, world.random)
    while (!stop.ending.aborted) {
      meter.starting()
      const startedMs = world.clock.monotonicMs()
      const failure = await this.runOnce()
      if (failure === undefined || stop.ending.aborted) break
      if (failure.retry === 'never' || environment.engine.failed.aborted) return this.stayDown(failure)
      if (world.clock.monotonicMs() - startedMs >= steadyMs) backoff.reset()
      await this.waitForRestart(failure, backoff.next())
    }
    meter.stopped()
  }

  private async runOnce(): Promise<TailraceError | undefined> {
    const { plan, id } = this.options.environment
    try {
      await this.options.run()
      return undefined
    } catch (error) {
      return classified(error, `${plan.name}.${id}`)
    }
  }

  private stayDown(error: TailraceError): void {
    const { meter, logger } = this.options.environment
    meter.failed(error)
    logger.error('an edge failed and stays down until the hub is started anew', { error })
  }

  private async waitForRestart(error: TailraceError, restartInMs: number): Promise<void> {
    const { environment, stop } = this.options
    const { meter, logger, world } = environment
    meter.restarting(error, restartInMs)
    const event = 'an edge failed and is started again'
    if (error.retry === 'timed') logger.warn(event, { error, restartInMs })
    else logger.error(event, { error, restartInMs })
    const isTime = await world.clock.sleep(restartInMs, stop.ending).then(
      () => true,
      () => false,
    )
    if (isTime) meter.restarted(error.code)
  }
}
