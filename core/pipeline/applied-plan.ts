// What the data directory last ran: the documents of its pipelines, in the engine's state under a scope that no
// pipeline can have (`~` is no character of a pipeline's name). Written when pipelines start; read by `plan` and
// `doctor`.

import type { Json } from '../connector/context.js'
import type { LogEngine } from '../engine/log-engine.js'
import type { StateScope, StateService } from '../engine/state-service.js'
import { claimConnectorState, connectorStateView } from './connector-state.js'
import type { PipelinePlan } from './pipeline-plan.js'

const scope: StateScope = { pipeline: '~hub', connector: 'applied-plans' }

export interface AppliedPlan {
  readonly name: string
  /** Absolute path of the file, as it was then. */
  readonly file: string
  readonly appliedAtMs: number
  /** As PipelinePlan.document. */
  readonly document: Readonly<Record<string, unknown>>
}

/** The pipelines that ran last, by name; none in a new data directory. Errors: state_unreadable. */
export function readAppliedPlans(state: StateService): readonly AppliedPlan[] {
  const view = connectorStateView(state, scope)
  return view.entries('').map(([name, value]) => ({ name, ...(value as unknown as Omit<AppliedPlan, 'name'>) }))
}

/** Replaces what ran last by these. Durable when it resolves. */
export async function recordAppliedPlans(
  engine: LogEngine,
  plans: readonly PipelinePlan[],
  nowMs: number,
): Promise<void> {
  const state = await claimConnectorState(engine.state, scope)
  const changes = new Map<string, Json | undefined>()
  for (const [name] of state.entries('')) changes.set(name, undefined)
  for (const { name, file, document } of plans)
    changes.set(name, { file, appliedAtMs: nowMs, document: document as Json })
  await state.put(changes)
}
