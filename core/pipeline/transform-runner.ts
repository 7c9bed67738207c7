// Runs one transform: a member of its own group that owns all partitions of the topics it reads, in one process.
//
// The group is there so that lag, offsets and retention look like a sink's, and so that nobody resets its offsets while
// it runs. It is no means to share the work: state spans partitions, so that a transform that is given a part only,
// because somebody else joined its group, waits until it is alone again.

import { engineErrors } from '../engine/errors.js'
import { GroupMember, type GroupMemberListener } from '../engine/consumer/group-member.js'
import type { PartitionId } from '../engine/log-engine.js'
import { LinkedAbort } from './abort.js'
import { connectorScope } from './connector-state.js'
import { type EdgeEnvironment, type EdgeStop, stepContext } from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import type { TransformPlan } from './pipeline-plan.js'
import { topicsReadBy } from './replay/replay-target.js'
import { makeRecordSteps } from './steps/make-record-steps.js'
import { isStateful } from './steps/stateful/definitions.js'
import { TransformChain } from './transform-chain.js'
import { TransformPump } from './transform-pump.js'

export interface TransformRun {
  readonly environment: EdgeEnvironment
  readonly plan: TransformPlan
  readonly stop: EdgeStop
}

/**
 * Runs the transform until `stop.ending` is aborted and its last append settled. Rejects with what failed; what was not
 * durable is done again by the next run. Errors: those of the engine, no_dead_letter_topic, offset_out_of_range,
 * step_changed, offsets_moved, lookup_too_large.
 */
export async function runTransform(run: TransformRun): Promise<void> {
  const { environment, stop } = run
  const cancel = new LinkedAbort(stop.cancelled)
  try {
    await new TransformGroup(run, cancel).takePart()
  } catch (error) {
    if (!stop.ending.aborted) throw error
    environment.logger.warn('a transform ended before its last append was durable; the rest is done again', { error })
  } finally {
    cancel.release()
  }
}

class TransformGroup implements GroupMemberListener {
  private readonly run: TransformRun
  private readonly cancel: LinkedAbort
  private readonly member: GroupMember
  /** Given by the group and not taken up yet. */
  private offered: readonly PartitionId[] | undefined
  private pump: TransformPump | undefined
  /** Said before the pump was there: how long it may go on. */
  private lettingGoMs: number | undefined
  /** Settles, and never rejects, when the partitions under way are let go. */
  private released: Promise<void> = Promise.resolve()
  private changed: () => void = () => undefined

  constructor(run: TransformRun, cancel: LinkedAbort) {
    const { environment, plan } = run
    const { engine, world, logger } = environment
    this.run = run
    this.cancel = cancel
    this.member = new GroupMember({
      groups: engine.groups,
      group: plan.group,
      clientId: plan.group,
      topics: () => topicsReadBy(engine.topics, plan),
      partitionsOf: (topic) => engine.topics.find(topic)?.partitions,
      clock: world.clock,
      logger,
    })
  }

  /** Member of the group until the edge has to end; rejects with what failed. */
  async takePart(): Promise<void> {
    const { ending } = this.run.stop
    const leave = new LinkedAbort()
    const onEnding = (): void => this.letGo(this.run.stop.catchUpMs)
    ending.addEventListener('abort', onEnding)
    let failure: { readonly error: unknown } | undefined
    const membership = this.member.run(leave.signal, this).catch((error: unknown) => {
      failure = { error }
      this.letGo(0)
    })
    try {
      while (!ending.aborted && failure === undefined) {
        const partitions = this.offered
        this.offered = undefined
        if (partitions === undefined) await new Promise<void>((resolve) => (this.changed = resolve))
        else await this.serve(partitions)
      }
      if (failure !== undefined) throw failure.error
    } finally {
      ending.removeEventListener('abort', onEnding)
      leave.abort()
      await membership
    }
  }

  /** Called by the group. */
  async assigned(partitions: readonly PartitionId[]): Promise<void> {
    this.offered = partitions
    for (const { topic } of partitions) this.run.environment.meter.uses(topic)
    this.changed()
  }

  /** Called by the group, which waits for it: the append in flight settles, or is given up. */
  async revoked(): Promise<void> {
    this.offered = undefined
    this.letGo(0)
    await this.released
  }

  private async serve(partitions: readonly PartitionId[]): Promise<void> {
    const { environment, plan } = this.run
    const { members } = environment.engine.groups.describe(plan.group)
    if (members.length > 1) return this.waitToBeAlone(partitions.length, members.length)
    const served = this.pumpOnce(partitions)
    this.released = served.catch(() => undefined)
    await served
  }

  private async pumpOnce(partitions: readonly PartitionId[]): Promise<void> {
    const { environment, plan } = this.run
    this.lettingGoMs = undefined
    const scope = connectorScope(environment.plan.name, 'transform', plan.id)
    // Ends what an earlier run still wants to write, and settles what it has under way: then state and offsets agree.
    const recordSteps = await makeRecordSteps(
      plan.steps.filter((step) => !isStateful(step)),
      stepContext(environment),
    )
    const claim = await environment.engine.state.claim(scope)
    const chain = new TransformChain({ environment, plan, scope, recordSteps })
    const identity = this.member.identity.bind(this.member)
    const pump = new TransformPump({
      environment,
      plan,
      claim,
      chain,
      partitions,
      identity,
      cancelled: this.cancel.signal,
    })
    this.pump = pump
    if (this.lettingGoMs !== undefined) pump.end(this.lettingGoMs)
    try {
      await pump.run()
    } catch (error) {
      if (!isFencing(error)) throw error
      environment.logger.warn('the group refuses a commit of a transform, which begins anew', { error })
    } finally {
      this.pump = undefined
    }
  }

  private waitToBeAlone(partitionCount: number, memberCount: number): void {
    const { environment, plan } = this.run
    const { group } = plan
    const error = pipelineErrors.make(
      'transform_not_alone',
      `${group} was given ${partitionCount} partitions only: its group has ${memberCount} members`,
      { details: { group, partitionCount, memberCount } },
    )
    environment.meter.waiting(error)
    environment.logger.warn('a transform waits, as it needs all partitions of its topics', { error })
  }

  private letGo(catchUpMs: number): void {
    this.lettingGoMs = catchUpMs
    this.pump?.end(catchUpMs)
    this.changed()
  }
}

/** The group went on without us: what is not committed will be done again by whoever owns the partitions. */
function isFencing(error: unknown): boolean {
  return (
    engineErrors.is(error, 'unknown_member') ||
    engineErrors.is(error, 'illegal_generation') ||
    engineErrors.is(error, 'rebalance_in_progress') ||
    engineErrors.is(error, 'fenced_instance')
  )
}
