// The edges of some plans for looking at them while they do not run: for `doctor`, `validate --connect` and `plan`.

import type { ConnectorContext, ConnectorState } from '../core/connector/context.js'
import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import type { StateService } from '../core/engine/state-service.js'
import { connectorScope, connectorStateView } from '../core/pipeline/connector-state.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import type { World } from '../core/runtime/world.js'
import { outgoingBehindGuard } from '../core/security/address-guard.js'
import { silentLogger } from '../core/telemetry/logger.js'
import { silentRecorder } from '../core/telemetry/recorder.js'

export interface ViewOptions {
  readonly plans: readonly PipelinePlan[]
  readonly world: World
  /** Absolute. */
  readonly dataDirectory: string
  /** Empty when no hub has used the data directory yet. */
  readonly hubId: string
  /** What connectors remember; undefined when the log is not open. */
  readonly state: StateService | undefined
  readonly signal: AbortSignal
}

export interface ViewedEdge {
  readonly plan: PipelinePlan
  readonly role: 'source' | 'sink'
  readonly id: string
  readonly declaration: ConnectorDeclaration
  readonly settings: unknown
}

/** In the order of the files, the sources of each before its sinks. */
export function edgesOf(plans: readonly PipelinePlan[]): readonly ViewedEdge[] {
  return plans.flatMap((plan): readonly ViewedEdge[] => [
    ...plan.sources.map((source) => ({ plan, role: 'source' as const, ...source })),
    ...plan.sinks.map((sink) => ({ plan, role: 'sink' as const, ...sink })),
  ])
}

/** The context of a connector that changes nothing: what it remembered can be read and not be written. */
export function viewContext({ plan, role, id }: ViewedEdge, options: ViewOptions): ConnectorContext {
  const { world, dataDirectory, hubId, state, signal } = options
  return {
    pipeline: plan.name,
    connector: id,
    hubId,
    baseDirectory: plan.baseDirectory,
    dataDirectory,
    files: world.files,
    clock: world.clock,
    random: world.random,
    logger: silentLogger,
    metrics: silentRecorder,
    limits: world.limits,
    outgoing: outgoingBehindGuard(world.resolver),
    state: state === undefined ? nothingRemembered : connectorStateView(state, connectorScope(plan.name, role, id)),
    signal,
  }
}

const nothingRemembered: ConnectorState = {
  get: () => undefined,
  entries: () => [],
  put: () => Promise.reject(new Error('state that is only looked at was to be changed')),
}
