// Runs one sink: opens it, takes part in its group, and serves one assignment after the other.
//
// The group's calls come at any time; the sink's calls come from one loop. A hand-over stands between them: `assigned`
// leaves the partitions there and returns, `revoked` ends the assignment under way and waits until it is let go.

import type { Sink, SinkBatch, SinkContext } from '../connector/sink.js'
import { GroupMember } from '../engine/consumer/group-member.js'
import type { PartitionId } from '../engine/log-engine.js'
import type { TailraceError } from '../errors/tailrace-error.js'
import { LinkedAbort, unlessAborted } from './abort.js'
import { type ClaimedState, claimConnectorState, connectorScope } from './connector-state.js'
import {
  closeConnector,
  connectorContext,
  type EdgeEnvironment,
  type EdgeStop,
  stepContext,
} from './edge-environment.js'
import { pipelineErrors } from './errors.js'
import { buryLate } from './late-failures.js'
import type { SinkPlan } from './pipeline-plan.js'
import { topicsOfSink } from './replay/replay-target.js'
import { SinkAssignment } from './sink-assignment.js'
import type { UnreadableListener } from './sink-batch.js'
import { SinkCommitter } from './sink-committer.js'
import { SinkFailures } from './sink-failures.js'
import { SinkProgress } from './sink-progress.js'
import { SinkReader } from './sink-reader.js'
import { rereadRange } from './sink-reread.js'
import { SinkSteps } from './sink-steps.js'
import { makeRecordSteps } from './steps/make-record-steps.js'
import type { RecordStep } from './steps/record-step.js'
import { makeWorkDirectory } from './work-directory.js'

/** How long a sink may take to give its partitions back to the group, a third of what the group waits. */
const revokeMs = 20_000

export interface SinkRun {
  readonly environment: EdgeEnvironment
  readonly plan: SinkPlan
  readonly sink: Sink
  readonly stop: EdgeStop
}

/**
 * Runs the sink until `stop.ending` is aborted and its partitions are let go. Rejects with what failed; what was not
 * durable in the target is written again by the next run.
 */
export async function runSink(run: SinkRun): Promise<void> {
  const { environment, plan, sink, stop } = run
  const cancel = new LinkedAbort(stop.cancelled)
  const scope = connectorScope(environment.plan.name, 'sink', plan.id)
  const state = await claimConnectorState(environment.engine.state, scope)
  const recordSteps = await makeRecordSteps(plan.steps, stepContext(environment))
  const group = new SinkGroup(run, cancel, recordSteps)
  try {
    const context = group.context(connectorContext(environment, state, cancel.signal), state)
    await unlessAborted(sink.open(context), cancel.signal)
    await unlessAborted(sink.check(cancel.signal), cancel.signal)
    environment.meter.running()
    await group.takePart()
  } catch (error) {
    if (!stop.ending.aborted) throw error
    environment.logger.warn('a sink ended before all that it had taken was durable; the rest comes again', { error })
  } finally {
    cancel.abort()
    cancel.release()
    await closeConnector(sink, environment, stop.cancelled)
  }
}

class SinkGroup {
  private readonly options: SinkRun
  private readonly cancel: LinkedAbort
  private readonly member: GroupMember
  private readonly progress = new SinkProgress()
  private readonly failures: SinkFailures
  private readonly steps: SinkSteps
  private readonly unreadable: UnreadableListener = (batch, records) => this.failures.failUnreadable(batch, records)
  private readonly committer: SinkCommitter
  private readonly reader: SinkReader
  /** Given by the group and not taken up yet. */
  private offered: readonly PartitionId[] | undefined
  private assignment: SinkAssignment | undefined
  /** Settles, and never rejects, when the assignment under way is let go. */
  private released: Promise<void> = Promise.resolve()
  private changed: () => void = () => undefined

  constructor(run: SinkRun, cancel: LinkedAbort, recordSteps: readonly RecordStep[]) {
    const { environment, plan } = run
    const { engine, world, logger } = environment
    this.options = run
    this.cancel = cancel
    this.member = new GroupMember({
      groups: engine.groups,
      group: plan.group,
      clientId: plan.group,
      topics: () => topicsOfSink(engine.topics, plan),
      partitionsOf: (topic) => engine.topics.find(topic)?.partitions,
      clock: world.clock,
      logger,
    })
    this.failures = new SinkFailures(environment, plan, this.progress, () => this.steps)
    const kinds = plan.steps.map(({ kind }) => kind)
    this.steps = new SinkSteps(recordSteps, kinds, (batch, failed) => this.failures.failStep(batch, failed))
    this.reader = new SinkReader(environment, this.progress, this.unreadable)
    const identity = () => this.member.identity()
    this.committer = new SinkCommitter({ environment, plan, progress: this.progress, identity })
  }

  /** Member of the group until the edge has to end; rejects with what failed. */
  async takePart(): Promise<void> {
    const { ending } = this.options.stop
    const leave = new LinkedAbort()
    const onEnding = (): void => this.endAssignment(this.options.stop.catchUpMs)
    ending.addEventListener('abort', onEnding)
    let failure: { readonly error: unknown } | undefined
    const membership = this.member.run(leave.signal, this).catch((error: unknown) => {
      failure = { error }
      this.endAssignment(0)
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
    for (const { topic } of partitions) this.options.environment.meter.uses(topic)
    this.committer.admitted()
    this.changed()
  }

  /** Called by the group, which waits for it before it gives the partitions to another. */
  async revoked(): Promise<void> {
    this.offered = undefined
    this.endAssignment(0)
    const late = this.options.environment.world.clock.after(revokeMs, () => this.cancel.abort(this.overdue()))
    await this.released
    late.cancel()
  }

  context(base: ReturnType<typeof connectorContext>, state: ClaimedState): SinkContext {
    const { progress, failures, committer, unreadable, steps } = this
    const { environment, plan } = this.options
    const { engine, meter } = environment
    return {
      ...base,
      fail: (batch, cursor, error) => failures.fail(batch, cursor, error),
      settleFailed: async () => {
        failures.settleEarly()
        if (progress.failedBytes > 0) await committer.commitFailed()
      },
      keepFailed: () => failures.settleEarly(),
      bury: (late, changes) => buryLate({ environment, plan, state }, late, changes),
      durable: (of, nextOffset) => meter.delivered(progress.durable(of, nextOffset)),
      reread: (of, range, visit: (batch: SinkBatch) => Promise<void>) =>
        rereadRange(engine, of, range, { visit: (batch) => visit(steps.rewrite(batch)), unreadable }),
      workDirectory: () => {
        const owner = { pipeline: environment.plan.name, sink: plan.id }
        return makeWorkDirectory(environment.world.files, environment.dataDirectory, owner)
      },
    }
  }

  private async serve(partitions: readonly PartitionId[]): Promise<void> {
    const { environment, plan, sink } = this.options
    const { progress, committer, failures, reader, steps } = this
    const parts = { environment, plan, sink, steps, progress, committer, failures, reader }
    const assignment = new SinkAssignment({ ...parts, partitions, cancelled: this.cancel.signal })
    this.assignment = assignment
    const served = assignment.run()
    this.released = served.catch(() => undefined)
    try {
      await served
    } finally {
      this.assignment = undefined
    }
  }

  private overdue(): TailraceError {
    const { group } = this.options.plan
    return pipelineErrors.make('connector_hangs', `${group} did not give its partitions back within ${revokeMs} ms`)
  }

  private endAssignment(catchUpMs: number): void {
    this.assignment?.end(catchUpMs)
    this.changed()
  }
}
