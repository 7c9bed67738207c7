// What the runner of an edge stands on, and the context that its connector gets of it.

import type { ConnectorContext, ConnectorLimits, ConnectorState } from '../connector/context.js'
import type { Ingress } from '../connector/ingress.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { Timer } from '../runtime/clock.js'
import type { World } from '../runtime/world.js'
import { outgoingBehindGuard } from '../security/address-guard.js'
import type { Logger } from '../telemetry/logger.js'
import type { Recorder } from '../telemetry/recorder.js'
import { unlessAborted } from './abort.js'
import type { EdgeMeter } from './edge-meter.js'
import type { PipelinePlan } from './pipeline-plan.js'
import { classified } from './pipeline-status.js'
import type { StepContext } from './steps/make-record-steps.js'

export interface EdgeEnvironment {
  readonly plan: PipelinePlan
  /** Id of the source or sink. */
  readonly id: string
  readonly engine: LogEngine
  readonly world: World
  /** Says pipeline and edge with everything. */
  readonly logger: Logger
  readonly recorder: Recorder
  readonly meter: EdgeMeter
  /** The hub's own; absolute. */
  readonly dataDirectory: string
  readonly limits: ConnectorLimits
  /** The listener that HTTP sources share. */
  readonly ingress: Ingress
}

/** How an edge is told to end. */
export interface EdgeStop {
  /** Aborted: read nothing new, bring what is under way to its end. */
  readonly ending: AbortSignal
  /** How long a sink may go on, after `ending`, to reach the end of the log. */
  readonly catchUpMs: number
  /** Aborted: time is over. From now on nothing waits for a connector. */
  readonly cancelled: AbortSignal
}

/** What steps are made with. */
export function stepContext({ plan, world }: Pick<EdgeEnvironment, 'plan' | 'world'>): StepContext {
  return { baseDirectory: plan.baseDirectory, files: world.files }
}

/** The context for one run; `signal` is aborted when the connector has to end. */
export function connectorContext(
  environment: EdgeEnvironment,
  state: ConnectorState,
  signal: AbortSignal,
): ConnectorContext {
  const { plan, id, engine, world, logger, recorder, dataDirectory, limits } = environment
  return {
    pipeline: plan.name,
    connector: id,
    hubId: engine.hubId,
    baseDirectory: plan.baseDirectory,
    dataDirectory,
    files: world.files,
    clock: world.clock,
    random: world.random,
    logger,
    metrics: recorder,
    limits,
    outgoing: outgoingBehindGuard(world.resolver),
    state,
    signal,
  }
}

/** How long a connector may take to close: as a rule, and when time is over. */
const closeMs = 10_000
const lateCloseMs = 500

/** Closes a connector whose run is over. Nothing durable depends on it, so that a failure is only told. */
export async function closeConnector(
  connector: { close(): Promise<void> },
  environment: EdgeEnvironment,
  cancelled: AbortSignal,
): Promise<void> {
  const { world, logger, plan, id } = environment
  const overdue = new AbortController()
  const giveUpIn = (ms: number): Timer => world.clock.after(ms, () => overdue.abort())
  const timers = [giveUpIn(closeMs)]
  const onCancel = (): void => void timers.push(giveUpIn(lateCloseMs))
  if (cancelled.aborted) onCancel()
  else cancelled.addEventListener('abort', onCancel, { once: true })
  try {
    await unlessAborted(connector.close(), overdue.signal)
  } catch (error) {
    const event = overdue.signal.aborted ? 'a connector did not close in time' : 'a connector closed badly'
    logger.warn(event, { error: classified(error, `${plan.name}.${id}`) })
  } finally {
    cancelled.removeEventListener('abort', onCancel)
    for (const timer of timers) timer.cancel()
  }
}
