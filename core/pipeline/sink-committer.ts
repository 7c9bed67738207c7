// Brings a sink's offsets into its group, a few times a second, and the dead letters with them in one atomic append.

import { engineErrors } from '../engine/errors.js'
import type { MemberIdentity } from '../engine/group-service.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { appendTarget } from './append-target.js'
import { Backoff, targetBackoff } from './backoff.js'
import { deadLetterBatches } from './dead-letter.js'
import type { EdgeEnvironment } from './edge-environment.js'
import type { SinkPlan } from './pipeline-plan.js'
import { classified } from './pipeline-status.js'
import type { CommitPlan, SinkProgress } from './sink-progress.js'

/** One commit may stand for this much of work that an at-least-once sink repeats after a crash. */
const commitEveryMs = 200

/** Half of what an append may hold: dead letters are larger than the sum of their parts. */
const mostLetterBytes = 4 * 1024 * 1024

export interface SinkCommitterOptions {
  readonly environment: EdgeEnvironment
  readonly plan: SinkPlan
  readonly progress: SinkProgress
  /** Who commits: the member as the group knows it now. */
  readonly identity: () => MemberIdentity
}

export class SinkCommitter {
  private readonly options: SinkCommitterOptions
  private readonly backoff: Backoff
  private dueMs = 0
  private fenced = false
  /** Why the last commit that was due did not go through. */
  private refusal: TailraceError | undefined
  /** Commits follow one another: each is planned on what the last one left. */
  private last: Promise<void> = Promise.resolve()

  constructor(options: SinkCommitterOptions) {
    this.options = options
    this.backoff = new Backoff(targetBackoff, options.environment.world.random)
  }

  /** The group went on without us: what is not committed is another member's to do. */
  get isFenced(): boolean {
    return this.fenced
  }

  /** A new generation of the group counts this member in. */
  admitted(): void {
    this.fenced = false
  }

  /** Commits when it is time to. A retriable refusal is told and tried again later; anything else rejects. */
  async commitIfDue(): Promise<void> {
    const { clock } = this.options.environment.world
    const nowMs = clock.monotonicMs()
    if (nowMs < this.dueMs) return
    this.dueMs = nowMs + commitEveryMs
    try {
      await this.commit()
      this.backoff.reset()
      if (this.refusal !== undefined) this.options.environment.meter.repaired(this.refusal)
      this.refusal = undefined
    } catch (error) {
      const refusal = classified(error, this.options.plan.group)
      if (refusal.retry !== 'timed') throw refusal
      this.refusal = refusal
      this.options.environment.meter.impaired(refusal)
      this.dueMs = nowMs + this.backoff.next()
    }
  }

  /** Commits all that is durable. Rejects with what the engine answers. */
  commit(): Promise<void> {
    return this.enqueue(false)
  }

  /** Makes every dead letter durable, also those of records that are not durable in the target yet. */
  commitFailed(): Promise<void> {
    return this.enqueue(true)
  }

  private enqueue(ahead: boolean): Promise<void> {
    const commit = this.last.then(() => this.commitInSteps(ahead))
    this.last = commit.catch(() => undefined)
    return commit
  }

  private async commitInSteps(ahead: boolean): Promise<void> {
    const { progress, environment } = this.options
    while (!this.fenced) {
      const plan = progress.planCommit(mostLetterBytes, ahead)
      if (plan === undefined) return
      try {
        await this.carryOut(plan)
      } catch (error) {
        if (!isFencing(error)) throw error
        this.fenced = true
        environment.logger.warn('the group refuses a commit: its partitions belong to another member', { error })
        return
      }
      progress.committed(plan)
      this.countLetters(plan)
    }
  }

  private async carryOut({ offsets, letters }: CommitPlan): Promise<void> {
    const { environment, plan, identity } = this.options
    const { engine } = environment
    const commit = { ...identity(), offsets }
    const { deadLetter } = plan.onError
    if (letters.length === 0 || deadLetter === undefined) return engine.groups.commit(commit)
    const entries = deadLetterBatches(letters, appendTarget(engine.topics, deadLetter))
    await engine.append(entries, { commits: [commit] })
  }

  private countLetters({ letters }: CommitPlan): void {
    const counts = new Map<string, number>()
    for (const { code } of letters) counts.set(code, (counts.get(code) ?? 0) + 1)
    for (const [code, count] of counts) this.options.environment.meter.deadLettered(code, count)
  }
}

function isFencing(error: unknown): boolean {
  return (
    engineErrors.is(error, 'unknown_member') ||
    engineErrors.is(error, 'illegal_generation') ||
    engineErrors.is(error, 'fenced_instance')
  )
}
