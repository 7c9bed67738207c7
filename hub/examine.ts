// What the connectors of some plans see when they look at their surroundings, without changing anything: for `doctor`
// and `validate --connect`.

import type { DoctorFinding } from '../core/admin/admin-service.js'
import type { ConnectorContext, ConnectorState } from '../core/connector/context.js'
import type { ConnectorDeclaration } from '../core/connector/declaration.js'
import type { StateService } from '../core/engine/state-service.js'
import { failureView } from './failure.js'
import { connectorScope, connectorStateView } from '../core/pipeline/connector-state.js'
import type { PipelinePlan } from '../core/pipeline/pipeline-plan.js'
import type { World } from '../core/runtime/world.js'
import { silentLogger } from '../core/telemetry/logger.js'
import { silentRecorder } from '../core/telemetry/recorder.js'

export interface ExamineOptions {
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

interface ExaminedEdge {
  readonly plan: PipelinePlan
  readonly role: 'source' | 'sink'
  readonly id: string
  readonly declaration: ConnectorDeclaration
  readonly settings: unknown
}

/** Every finding of every edge, in the order of the files; a connector that fails to look is a problem of its own. */
export async function examineEdges(options: ExamineOptions): Promise<readonly DoctorFinding[]> {
  const edges = options.plans.flatMap((plan): readonly ExaminedEdge[] => [
    ...plan.sources.map((source) => ({ plan, role: 'source' as const, ...source })),
    ...plan.sinks.map((sink) => ({ plan, role: 'sink' as const, ...sink })),
  ])
  const found = await Promise.all(edges.map((edge) => examineEdge(edge, options)))
  return found.flat()
}

async function examineEdge(edge: ExaminedEdge, options: ExamineOptions): Promise<readonly DoctorFinding[]> {
  const { plan, role, id, declaration, settings } = edge
  const subject = `${role} ${plan.name}.${id}`
  if (declaration.examine === undefined) return []
  try {
    const seen = await declaration.examine(settings as never, contextOf(edge, options))
    return seen.map(({ level, message, hint }) => ({ subject, level, message, hint }))
  } catch (error) {
    const { message, hint } = failureView(error)
    return [{ subject, level: 'problem', message, hint }]
  }
}

function contextOf({ plan, role, id }: ExaminedEdge, options: ExamineOptions): ConnectorContext {
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
    state: state === undefined ? nothingRemembered : connectorStateView(state, connectorScope(plan.name, role, id)),
    signal,
  }
}

const nothingRemembered: ConnectorState = {
  get: () => undefined,
  entries: () => [],
  put: () => Promise.reject(new Error('state that is only looked at was to be changed')),
}
